public import Streams

/// Drives one partition of a job without a worker, a thread or a clock: pipe records in, cut, restart, and read what
/// the database holds. (The idea is that of Kafka Streams' TopologyTestDriver.)
public final class PipelineDriver<Logic: EventLogic, Tables: SimulatedTables> where Tables.Output == Logic.Output {
    public let log: SimulatedLog
    public let database: SimulatedDatabase<Tables>
    public let partition: Partition
    public let store: SimulatedStore<Tables>
    private let logic: Logic
    private let settings: StreamSettings
    /// The core in use; another one after each restart.
    public private(set) var core: JobCore<Logic>
    /// Where the log is read on; nil: the partition must not be read.
    public private(set) var position: Offset?
    /// Everything that the cores told so far.
    public private(set) var incidents: [CoreIncident] = []
    public private(set) var restarts = 0

    public init(
        logic: Logic, settings: StreamSettings, tables: Tables, log: SimulatedLog = SimulatedLog(topic: "topic"),
        partition: Partition = Partition(0)
    ) {
        self.logic = logic
        self.settings = settings
        self.log = log
        self.partition = partition
        database = SimulatedDatabase(tables)
        store = SimulatedStore(database, owner: "driver")
        core = JobCore(job: "job", topic: log.topic, logic: logic, settings: settings)
    }

    /// Claims the partition. Must come before anything else, so that the log can be prepared first.
    public func start() throws(StoreError) {
        let claims = try store.claim([partition])
        position = core.assigned(claims[0], bounds: log.bounds(of: partition))
        take()
    }

    /// Forgets everything in memory, what was not cut included, and claims the partition again.
    public func restart() throws(StoreError) {
        restarts += 1
        core = JobCore(job: "job", topic: log.topic, logic: logic, settings: settings)
        try start()
    }

    private func take() {
        for incident in core.takeIncidents() {
            incidents.append(incident)
            switch incident {
            case .seek(let partition, let offset):
                position = offset
                core.sought(partition, succeeded: true)
            case .stopped: position = nil
            default: break
            }
        }
    }

    /// Hands over these records as one batch, wherever the log is read.
    public func pipe(_ entries: [SimulatedLog.Entry], of partition: Partition? = nil) {
        let batch = entries.map { (partition: partition ?? self.partition, entry: $0) }
        pipe(batch: batch)
    }

    /// Hands over one batch of records of any partitions.
    public func pipe(batch: [(partition: Partition, entry: SimulatedLog.Entry)]) {
        RecordBlock(batch).withRecords { records in
            core.process(records) { batch[RecordBlock.number(of: $0)].entry.headers }
        }
        take()
    }

    /// Reads up to `count` records from the log as one batch. False where there is none.
    @discardableResult
    public func read(_ count: Int = .max) -> Bool {
        guard let from = position else { return false }
        let entries = log.entries(partition, from: from, limit: count)
        guard let last = entries.last else { return false }
        position = last.offset.next
        pipe(entries)
        return true
    }

    /// Reads to the end of the log in batches of this size.
    public func readAll(batch: Int = .max) { while read(batch) {} }

    /// Compares with the log what has to be compared before the next cut, as a worker does.
    public func compareWithLog() {
        while let anchor = core.suspects.first(where: { $0.partition == partition })?.anchors.first {
            core.verified(
                partition, anchor, found: log.anchor(partition, at: anchor.offset), bounds: log.bounds(of: partition))
        }
        take()
    }

    /// Commits what was read. False where that was nothing, or the commit was refused.
    @discardableResult
    public func cut() -> Bool {
        guard let checkpoint = core.cut() else { return false }
        var outcome = CommitOutcome<Logic.Output>()
        do throws(StoreError) {
            try store.commit(checkpoint)
            outcome.committed = checkpoint.cuts
        } catch {
            outcome.fenced = checkpoint.cuts
        }
        core.ended(outcome)
        take()
        return outcome.fenced.isEmpty
    }

    public var snapshot: PartitionSnapshot? { core.snapshots().first { $0.partition == partition } }
    /// The progress that the database holds.
    public var progress: PartitionProgress { database.progress[partition]?.progress ?? PartitionProgress() }
    public var stopReason: StopReason? { snapshot?.stopReason }
}
