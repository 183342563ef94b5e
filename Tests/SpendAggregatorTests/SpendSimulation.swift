import SpendAggregatorJob
import Streams
import TestKit

/// Three workers of the spend job over one log and one database, with everything that happens to them drawn from a
/// seed: rebalances, zombies, crashes, lost connections, lost commits, failovers, records out of place.
final class SpendSimulation {
    typealias Lane = DirectLane<SimulatedStore<SpendTables>>
    typealias Member = SpendSimulationMember

    struct Options {
        var incidents = true
        var mutants: SimulatedMutants = []
        var deduplicates = true
        var recordsPerPartition = 260
    }

    /// What happened, for the report.
    struct Figures {
        var records = 0
        var rebalances = 0
        var zombies = 0
        var crashes = 0
        var failovers = 0
        var lostConnections = 0
        var storeIncidents = 0
        var refusals = 0
        var stops = 0
        var discarded: Int64 = 0
    }

    let log = SimulatedLog(topic: "ad-events")
    let database = SimulatedDatabase(SpendTables())
    let partitions = (0..<3).map { Partition($0) }
    private(set) var figures = Figures()
    /// nil: everything was applied; else why not.
    private(set) var unfinished: String?

    private let options: Options
    private let clock = ManualClock()
    private var random: SeededGenerator
    private var streams: [AdEventStream]
    private var members: [Member] = []
    private var owner: [Partition: Int] = [:]
    /// Members that were not told that a partition is not theirs any more.
    private var zombies: [(member: Int, partition: Partition)] = []
    /// Lanes of crashed processes whose last transaction is still on its way.
    private var ghosts: [Lane] = []
    private var replica: SimulatedDatabase<SpendTables>.Snapshot
    private var born = 0
    private var isCalm = false

    init(seed: UInt64, options: Options = Options()) {
        self.options = options
        random = SeededGenerator(seed: seed)
        streams = (0..<3).map { AdEventStream(seed: seed &* 31 &+ $0) }
        replica = database.snapshot()
        database.mutants = options.mutants
    }

    static let settings = StreamSettings(
        horizonMilliseconds: AdEventStream.horizonMilliseconds,
        outOfOrdernessMilliseconds: AdEventStream.outOfOrdernessMilliseconds)

    func run() {
        members = (0..<3).map { _ in newMember() }
        for partition in partitions { assign(partition, to: Int.random(in: 0..<3, using: &random)) }
        let chunks = 10
        for _ in 0..<chunks {
            for (index, partition) in partitions.enumerated() {
                streams[index].append(options.recordsPerPartition / chunks, to: log, partition)
            }
            for _ in 0..<40 { step() }
        }
        finish()
        figures.records = partitions.reduce(0) { $0 + log.entries($1).count }
        figures.refusals = database.refusals
    }

    // MARK: Members

    private func newMember() -> Member {
        born += 1
        var pace = WorkerSettings()
        pace.batchRecords = 40
        pace.checkpointIntervalMilliseconds = 100
        pace.maximumPendingRows = 60
        pace.revokeLimitMilliseconds = 1_500
        var settings = Self.settings
        settings.deduplicates = options.deduplicates
        let member = Member(
            log: log, database: database, clock: clock, name: "worker-\(born)", seed: random.next(), pace: pace,
            settings: settings)
        guard options.incidents else { return member }
        member.source.staleOnceIn = 9
        member.source.staleBatchesAfterSeek = Int.random(in: 0...2, using: &random)
        member.lane.latency = { [unowned self] in
            isCalm || random.oneIn(3) ? 0 : Int64.random(in: 0...(random.oneIn(10) ? 4_000 : 200), using: &random)
        }
        member.store.incident = { [unowned self] call in incident(call) }
        return member
    }

    private func incident(_ call: SimulatedStore<SpendTables>.Call) -> StoreIncident? {
        guard !isCalm, random.oneIn(6) else { return nil }
        figures.storeIncidents += 1
        if call == .commit && random.oneIn(10) { return .claimedByAnother }
        return [.transient, .lostBefore, .lostAfter].randomElement(using: &random)
    }

    private func assign(_ partition: Partition, to index: Int) {
        owner[partition] = index
        let member = members[index]
        member.source.script(.assign([partition]))
        if options.incidents && random.oneIn(3) {
            // Fetched before the assignment, for another place: with other partitions' records in between.
            let ahead = log.entries(partition, from: Offset(Int64.random(in: 0...200, using: &random)), limit: 5)
            let other = log.entries(partitions[0], limit: 1)
            let stale = ahead.flatMap { entry in
                [(partition: partition, entry: entry)] + other.map { (partition: Partition(9), entry: $0) }
            }
            if !member.holds(partition) { member.source.script(.deliver(stale)) }
        }
    }

    // MARK: Steps

    private func step() {
        members[Int.random(in: 0..<3, using: &random)].worker.round()
        guard options.incidents else { return }
        reassignStopped()
        ghosts.removeAll { lane in
            _ = lane.outcome(waitingMilliseconds: 0)
            return !lane.isBusy
        }
        switch Int.random(in: 0..<160, using: &random) {
        case 0..<4: rebalance()
        case 4..<8: makeZombie()
        case 8..<12: wakeZombie()
        case 12..<15: crash()
        case 15..<17: failOver()
        case 17..<20: replica = database.snapshot()
        case 20..<24:
            figures.lostConnections += 1
            members[Int.random(in: 0..<3, using: &random)].source.script(.connectionLost)
        default: break
        }
    }

    private func rebalance() {
        guard let partition = partitions.randomElement(using: &random), let from = owner[partition] else { return }
        figures.rebalances += 1
        members[from].source.script(.revoke([partition], lost: random.oneIn(4)))
        members[from].drainEvents()
        assign(partition, to: Int.random(in: 0..<3, using: &random))
    }

    /// Another member takes a partition over; its owner is stopped and does not hear of it.
    private func makeZombie() {
        guard let partition = partitions.randomElement(using: &random), let from = owner[partition] else { return }
        guard !zombies.contains(where: { $0.partition == partition }) else { return }
        let to = (from + Int.random(in: 1...2, using: &random)) % 3
        figures.zombies += 1
        zombies.append((from, partition))
        assign(partition, to: to)
        members[to].drainEvents()
    }

    private func wakeZombie() {
        guard !zombies.isEmpty else { return }
        let (member, partition) = zombies.removeFirst()
        guard owner[partition] != member else { return }
        members[member].source.script(.revoke([partition], lost: true))
        members[member].drainEvents()
    }

    private func crash() {
        let index = Int.random(in: 0..<3, using: &random)
        figures.crashes += 1
        if members[index].lane.isBusy { ghosts.append(members[index].lane) }
        figures.discarded += members[index].core.discarded
        members[index] = newMember()
        zombies.removeAll { $0.member == index }
        for partition in partitions where owner[partition] == index { assign(partition, to: index) }
    }

    private func failOver() {
        figures.failovers += 1
        database.restore(replica)
    }

    /// What a stopped partition needs is another assignment; an operator or a restarted process gives it.
    private func reassignStopped() {
        for partition in partitions {
            guard let index = owner[partition], members[index].isStopped(partition) else { continue }
            figures.stops += 1
            members[index].source.script(.revoke([partition], lost: true))
            members[index].drainEvents()
            assign(partition, to: index)
            members[index].drainEvents()
        }
    }

    /// Lets everything come to its end without further incidents.
    private func finish() {
        isCalm = true
        while !zombies.isEmpty { wakeZombie() }
        for _ in 0..<6 {
            for _ in 0..<150 {
                for member in members { member.worker.round() }
                if options.incidents { reassignStopped() }
                if isComplete { break }
            }
            if isComplete { break }
            // After a failover an owner that has nothing to commit does not notice that its commits are gone.
            for partition in partitions {
                guard let index = owner[partition] else { continue }
                members[index].source.script(.revoke([partition], lost: false))
                members[index].drainEvents()
                assign(partition, to: index)
            }
        }
        for lane in ghosts { _ = lane.outcome(waitingMilliseconds: 100_000) }
        figures.discarded += members.reduce(0) { $0 + $1.core.discarded }
        if !isComplete {
            unfinished = partitions.map { partition in
                let next = database.progress[partition]?.progress.nextOffset?.description ?? "nothing"
                return "\(partition): \(next) of \(log.bounds(of: partition).end)"
            }.joined(separator: ", ")
        }
        if let failure = members.compactMap({ $0.worker.lastFailure }).first { unfinished = "\(failure)" }
    }

    private var isComplete: Bool {
        partitions.allSatisfy { partition in
            database.progress[partition]?.progress.nextOffset == log.entries(partition).last?.offset.next
        }
    }

    // MARK: Audit

    /// How the database differs from what the judge makes of the log, partition by partition, and what its journal
    /// shows.
    func differences() -> [String] {
        let judge = ReferenceJudge(
            horizonMilliseconds: AdEventStream.horizonMilliseconds,
            outOfOrdernessMilliseconds: AdEventStream.outOfOrdernessMilliseconds)
        var found = unfinished.map { ["not finished: \($0)"] } ?? []
        for partition in partitions {
            let entries = log.entries(partition)
            let expected = judge.judge(entries)
            let progress = database.progress[partition]?.progress ?? PartitionProgress()
            let actual = verdict(of: database, partition)
                .with(streamTime: progress.streamTime, outOfOrderness: AdEventStream.outOfOrdernessMilliseconds)
            if actual != expected {
                found.append(
                    "\(partition): results differ; records \(actual.records) of \(expected.records), duplicates "
                        + "\(actual.duplicates) of \(expected.duplicates), late \(actual.late) of \(expected.late), "
                        + "dead letters \(actual.deadLetters.count) of \(expected.deadLetters.count), rows "
                        + "\(actual.rows == expected.rows), S \(actual.streamTimeMilliseconds == expected.streamTimeMilliseconds)"
                )
            }
            for letter in database.deadLetters(of: partition) {
                let record = log.entry(partition, at: letter.offset)
                if record?.value != letter.payload || record?.key != letter.key || record?.headers != letter.headers {
                    found.append("\(partition): the dead letter at \(letter.offset) is not the record")
                }
            }
        }
        return found
    }

    /// The rows of all partitions as text, for a comparison byte by byte.
    var bytes: [UInt8] {
        Array(partitions.map { "\($0) \(database.tables.rows(of: $0))" }.joined(separator: "\n").utf8)
    }
}
