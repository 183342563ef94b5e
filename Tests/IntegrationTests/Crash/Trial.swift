import Foundation
import Glibc
import LocalServers
import Testing

/// A stream without an end, the processes that die over it, and every state that they leave behind, judged.
///
/// Each noted state is held against itself at once (what one snapshot says cannot contradict itself), against the one
/// before it (nothing goes back), and at the end against the log: its sums must be those of the records before its
/// offsets, as the tests themselves read and judge them.
final class Trial {
    let scenario: Scenario
    private var stream: Scenario.Stream?
    private var states: [(moment: String, state: VisibleState)] = []
    /// The last death of each instance that has not committed since.
    private var open: [String: (kind: KillLedger.Kind, at: Date)] = [:]

    init(_ scenario: Scenario) { self.scenario = scenario }

    /// Starts the stream: every fault that a record can have, often enough for each checkpoint to have some.
    func startStream(rate: Int = 2_000, seed: UInt64) throws {
        stream = try scenario.startStream(
            events: 50_000_000, rate: rate, seed: seed,
            flags: [
                "--duplicates", "0.05", "--late", "0.02", "--invalid", "0.02", "--undecodable", "0.01",
                "--faulty", "0.01",
            ])
    }

    // MARK: Processes

    /// Waits until every partition has been committed at least once.
    func untilEveryPartitionIsCommitted() async throws {
        try await until("every partition has a commit") {
            guard try scenario.database.text("SELECT to_regclass('\(scenario.progress)')") != nil else { return false }
            return try scenario.database.number("SELECT count(*) FROM \(scenario.progress) WHERE next_offset > 0")
                == Int64(scenario.partitions)
        }
    }

    /// SIGKILL at whatever it does.
    func kill(_ process: Aggregator, _ kind: KillLedger.Kind = .random) async throws {
        let moment = Date()
        try await process.kill()
        noteDeath(of: process, kind, at: moment)
    }

    /// SIGTERM after its first commit: it comes to the points of its end.
    func tellToEnd(_ process: Aggregator) async throws {
        try await process.waitForFirstCommit()
        process.process.signal(SIGTERM)
    }

    /// It has died at its point.
    func died(at point: CrashPoint, _ process: Aggregator) async throws {
        try await process.dies(at: point)
        noteRecovery(by: process)
        noteDeath(of: process, open[process.instance] == nil ? .point : .again, at: .now, point: point)
    }

    private func noteDeath(
        of process: Aggregator, _ kind: KillLedger.Kind, at moment: Date, point: CrashPoint? = nil
    ) {
        KillLedger.killed(kind, point: point)
        open[process.instance] = (kind, moment)
    }

    /// Its first commit ends the wait after its instance's last death. Earlier ones that no commit followed are not
    /// timed.
    func noteRecovery(by process: Aggregator) {
        guard let death = open[process.instance], let commit = process.commits.first?.time, commit > death.at else {
            return
        }
        let seconds = commit.timeIntervalSince(death.at)
        let start = process.logged("starting").first?.time.map { commit.timeIntervalSince($0) }
        KillLedger.recovered(death.kind, after: seconds, ofThisSinceStart: start)
        open[process.instance] = nil
        guard seconds > Self.slowSeconds else { return }
        print(String(format: "slow: %@, %.2f s from its kill %@", process.instance, seconds, death.kind.rawValue))
        for line in process.process.lines.prefix(40) {
            if let entry = LogLine(line), let time = entry.time {
                print(String(format: "    %6.2f s  %@", time.timeIntervalSince(death.at), String(line.dropFirst(32))))
                if entry.event == "checkpoint committed" { break }
            }
        }
    }

    /// What took longer than this is shown with the log of its process: the goal is 5 s.
    private static let slowSeconds = 3.0

    /// Waits for its first commit, which ends the wait after its instance's last death.
    func recovers(_ process: Aggregator) async throws {
        try await process.waitForFirstCommit()
        noteRecovery(by: process)
    }

    /// The server has ended the sessions of a dead process: what it had sent is decided.
    func untilDecided(_ process: Aggregator) async throws {
        try await until("the sessions of \(process.instance) are over", every: .milliseconds(5)) {
            try scenario.database.number(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%/\(process.instance)'") == 0
        }
    }

    // MARK: States

    /// Reads what is visible now and judges it as far as that is possible without the log.
    @discardableResult
    func note(_ moment: String) throws -> VisibleState {
        let state = try scenario.visibleState()
        var wrong = state.contradictions()
        if let last = states.last { wrong += state.regressions(since: last.state) }
        #expect(wrong.isEmpty, "\(moment): \(wrong.joined(separator: "\n"))")
        KillLedger.judged(states: 0, differences: wrong.count)
        states.append((moment, state))
        return state
    }

    /// Ends the stream; the topic holds all of it.
    func endStream() async throws { try await stream?.interrupt() }

    /// Everything that the stream held is applied, the difference is 0, and so it was in every noted state.
    func expectExact(within limit: Duration = .seconds(60)) async throws {
        try await scenario.untilCaughtUp(within: limit)
        let events = Int(try Truth(path: scenario.truth).records)
        let isClean = try await scenario.verification(wait: "30s").isClean
        if !isClean { KillLedger.judged(states: 0, differences: 1) }
        try await scenario.expectExact(events: events, wait: "1s")
        try note("at the end")
        try await judgeStates()
    }

    private func judgeStates() async throws {
        var places: [Int32: Set<Int64>] = [:]
        for (_, state) in states {
            for (partition, seen) in state.partitions { places[partition, default: []].insert(seen.nextOffset) }
        }
        let log = try await LogReader.totals(scenario, before: places)
        for (moment, state) in states {
            var differences = 0
            for (partition, seen) in state.partitions {
                let found = LogReader.Totals(
                    counted: seen.countedInRows, duplicates: seen.duplicates, deadLetters: seen.letters,
                    spendNanos: seen.spendNanos)
                let expected = log[partition]?[seen.nextOffset]
                #expect(
                    found == expected,
                    "\(moment), partition \(partition): not what the records before offset \(seen.nextOffset) amount to"
                )
                if found != expected { differences += 1 }
            }
            KillLedger.judged(differences: differences)
        }
        states.removeAll()
    }
}

/// Runs a trial in a scenario of its own.
func withTrial(
    partitions: Int = 4, brokers: String? = nil, postgres: String? = nil, _ body: (Trial) async throws -> Void
) async throws {
    try await withScenario(partitions: partitions, brokers: brokers, postgres: postgres) { scenario in
        try await scenario.createTopic()
        try await body(Trial(scenario))
    }
}
