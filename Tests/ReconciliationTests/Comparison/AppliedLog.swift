import Connectors
import Postgres
import Streams
import TestKit

/// A log, and the aggregator's own code applying it to a real database.
final class AppliedLog<Logic: EventLogic, Writer: OutputWriter> where Writer.Output == Logic.Output {
    let log: ScriptedLog
    private let core: JobCore<Logic>
    private let store: PostgresCheckpointStore<Logic.Output>
    private var positions: [Int32: Int64] = [:]

    init(
        topic: String, logic: Logic, writer: Writer, settings: StreamSettings, _ configuration: PostgresConfiguration,
        _ names: DatabaseNames
    ) {
        log = ScriptedLog(topic: topic)
        core = JobCore(job: "job", topic: topic, logic: logic, settings: settings)
        store = PostgresCheckpointStore(
            configuration, names: names, identity: .init(job: "job", topic: topic, owner: "tests"), settings: settings,
            writer: writer)
    }

    /// Appends a record behind the last one; returns its offset.
    @discardableResult
    func append(_ value: [UInt8]?, timestamp: Int64 = -1, to partition: Int32 = 0) -> Int64 {
        let offset = end(of: partition)
        log.entries[partition, default: []].append(
            .init(offset: Offset(offset), timestampMilliseconds: timestamp, value: value))
        return offset
    }

    func end(of partition: Int32) -> Int64 { log.bounds(of: Partition(partition)).end.rawValue }

    /// Applies everything that is not applied yet, as one checkpoint.
    func apply() throws {
        for partition in log.partitions() where positions[partition.rawValue] == nil {
            let claim = try store.claim([partition])[0]
            let start = core.assigned(claim, bounds: log.bounds(of: partition))
            positions[partition.rawValue] = start?.rawValue ?? 0
        }
        for (partition, position) in positions.sorted(by: { $0.key < $1.key }) {
            let fresh = (log.entries[partition] ?? []).filter { $0.offset.rawValue >= position }
            RecordBlock(fresh.map { (Partition(partition), $0) }).withRecords { records in
                core.process(records) { _ in [] }
            }
            positions[partition] = end(of: partition)
        }
        _ = core.takeIncidents()
        guard let checkpoint = core.cut() else { return }
        try store.commit(checkpoint)
        var outcome = CommitOutcome<Logic.Output>()
        outcome.committed = checkpoint.cuts
        core.ended(outcome)
    }
}
