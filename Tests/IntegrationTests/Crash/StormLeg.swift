import Foundation
import LocalServers
import Streams
import Testing

/// One stretch of the storm: a stream, two processes in a group and later three, and a shuffled deck of things that
/// happen to them and to the servers. At its end everything is caught up and the difference is 0.
///
/// The same seed deals the same deck, with the same members, points and delays; at what exactly a process is busy when
/// it is killed is up to the machine.
final class StormLeg {
    private enum Card: CaseIterable {
        case kill, killAll, point, killAgain, zombie, store, join, leave

        var count: Int {
            switch self {
            case .kill: 8
            case .point: 6
            case .killAgain: 2
            case .killAll: 1
            case .zombie, .store, .join, .leave: 1
            }
        }
    }

    private let trial: Trial
    private let postgres: LocalPostgres
    private let broker: LocalBroker
    private var random: SeededRandom
    private let seed: UInt64
    private var members: [String: Aggregator] = [:]

    init(_ trial: Trial, postgres: LocalPostgres, broker: LocalBroker, seed: UInt64) {
        self.trial = trial
        self.postgres = postgres
        self.broker = broker
        self.seed = seed
        random = SeededRandom(seed: seed)
    }

    func run() async throws {
        for name in ["a", "b"] { members[name] = try trial.scenario.start(name) }
        let rate = [2_000, 4_000, 8_000].randomElement(using: &random) ?? 2_000
        try trial.startStream(rate: rate, seed: seed)
        try await trial.untilEveryPartitionIsCommitted()
        let deck = Card.allCases.flatMap { Array(repeating: $0, count: $0.count) }.shuffled(using: &random)
        for card in deck {
            let name = members.keys.sorted().randomElement(using: &random) ?? "a"
            switch card {
            case .kill: try await kill(name)
            case .killAll: try await killAll()
            case .point: try await dieAtPoint(name)
            case .killAgain: try await killAgain(name)
            case .zombie: try await zombie(name)
            case .store: try await restartStore(name)
            case .join: try await join("c")
            case .leave: try await leave(name)
            }
        }
        try await restartLog()
        try await trial.expectExact()
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            #expect(try await member.terminate() == .exited(0), "\(name)")
        }
    }

    private func member(_ name: String) throws -> Aggregator { try #require(members[name]) }

    /// Chooses the moment of what comes next: anywhere in a checkpoint's interval and a little more.
    private func pause() async throws {
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...250, using: &random)))
    }

    /// Started again under its own id, at once.
    private func successor(of name: String) throws -> Aggregator {
        let next = try trial.scenario.start(name)
        members[name] = next
        return next
    }

    // MARK: Kills

    private func kill(_ name: String) async throws {
        try await pause()
        try await trial.kill(member(name))
        let next = try successor(of: name)
        try trial.note("\(name) was killed")
        try await trial.recovers(next)
    }

    /// All at the same moment, as when their machine dies.
    private func killAll() async throws {
        try await pause()
        for name in members.keys.sorted() { try await trial.kill(member(name)) }
        try trial.note("all were killed")
        for name in members.keys.sorted() { _ = try successor(of: name) }
        for name in members.keys.sorted() { try await trial.recovers(member(name)) }
        try trial.note("all were started again")
    }

    /// Replaced in order by one that dies at a point.
    private func dieAtPoint(_ name: String) async throws {
        let point = CrashPoint.any(&random)
        #expect(try await member(name).terminate() == .exited(0))
        KillLedger.happened(.left)
        try await die(name, at: point)
        try await trial.recovers(successor(of: name))
    }

    private func die(_ name: String, at point: CrashPoint) async throws {
        let dying = try trial.scenario.start(name, crashPoint: point)
        if point.needsEnd { try await trial.tellToEnd(dying) }
        try await trial.died(at: point, dying)
        try trial.note("\(name) died at \(point)")
    }

    /// The one that is started in the place of a killed one dies as well.
    private func killAgain(_ name: String) async throws {
        let points: [CrashPoint] = [
            .init(.claim, .before), .init(.claim, .after), .init(.warmUp, .before), .init(.warmUp, .after),
            .init(.decode, .after), .init(.write, .after), .init(.commitSent, .before), .init(.commitSent, .after),
        ]
        try await pause()
        try await trial.kill(member(name))
        if Bool.random(using: &random) {
            try await die(name, at: points.randomElement(using: &random) ?? points[0])
        } else {
            // From before it has connected to after its first commit.
            let next = try successor(of: name)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...500, using: &random)))
            trial.noteRecovery(by: next)
            try await trial.kill(next, .again)
            try trial.note("\(name) was killed again")
        }
        try await trial.recovers(successor(of: name))
    }

    // MARK: Members

    private func zombie(_ name: String) async throws {
        try await pause()
        let stopped = try member(name)
        let moment = Date()
        stopped.freeze()
        let twin = try successor(of: name)
        try await twin.waitForFirstCommit()
        KillLedger.happened(.zombie, commitAfter: Self.firstCommit(of: twin, after: moment))
        stopped.thaw()
        // Kafka tells it that its membership is taken, or the database that its partitions are.
        #expect(try await stopped.ends() == .exited(4))
        try trial.note("the stopped \(name) has woken and ended")
    }

    private func join(_ name: String) async throws {
        let moment = Date()
        let member = try successor(of: name)
        try await member.waitForFirstCommit()
        KillLedger.happened(.joined, commitAfter: Self.firstCommit(of: member, after: moment))
        try trial.note("\(name) has joined")
    }

    private func leave(_ name: String) async throws {
        let moment = Date()
        #expect(try await member(name).terminate() == .exited(0))
        let back = try successor(of: name)
        try await back.waitForFirstCommit()
        KillLedger.happened(.left, commitAfter: Self.firstCommit(of: back, after: moment))
        try trial.note("\(name) has come back")
    }

    private static func firstCommit(of process: Aggregator, after moment: Date) -> Double? {
        process.commits.lazy.compactMap(\.time).first { $0 > moment }?.timeIntervalSince(moment)
    }

    // MARK: Servers

    /// PostgreSQL ends as in a crash; one process dies before it is back.
    private func restartStore(_ name: String) async throws {
        try await pause()
        let moment = Date()
        try await postgres.stop(mode: .immediate)
        try await trial.kill(member(name), .storeDown)
        try await startAgain { try await self.postgres.start() }
        let back = Date()
        let next = try successor(of: name)
        try trial.note("PostgreSQL is back")
        try await trial.recovers(next)
        for (other, survivor) in members where other != name {
            let line = try await survivor.waitFor("checkpoint committed") { $0.time.map { $0 > back } ?? false }
            KillLedger.happened(.store, commitAfter: line.time?.timeIntervalSince(moment))
        }
    }

    /// The broker ends in order and starts again, after the stream's end: the local one may lose what is written while
    /// it ends. What waits in the log is read by processes that were killed before, or while it was down.
    ///
    /// None of them lives through it: where one did and others came back, the local broker has been seen to leave all
    /// of them waiting for each other.
    private func restartLog() async throws {
        try await pause()
        for name in members.keys.sorted() { try await trial.kill(member(name), .logDown) }
        try await until("records wait in the log") {
            let waiting = try await LogReader.ends(trial.scenario).values.reduce(0, +)
            return try waiting > trial.scenario.applied() + 2_000
        }
        try await trial.endStream()
        let moment = Date()
        try await broker.stop()
        for name in members.keys.sorted() { _ = try successor(of: name) }
        try await trial.kill(member("a"), .logDown)
        _ = try successor(of: "a")
        try await startAgain { try await self.broker.start() }
        let back = Date()
        try trial.note("the broker is back")
        // Whoever gets the partitions first: it may have read all that waits before the others are back.
        var commit: Date?
        try await until("somebody commits what waits") {
            commit = members.values.flatMap(\.commits).compactMap(\.time).filter { $0 > back }.min()
            return commit != nil
        }
        KillLedger.happened(.log, commitAfter: commit?.timeIntervalSince(moment))
        try await trial.scenario.untilCaughtUp()
        for name in members.keys.sorted() { try trial.noteRecovery(by: member(name)) }
    }
}
