/// Which records are in the results: up to where each partition was applied when they were read, in the same snapshot.
public struct ResultCut: Codable, Equatable, Sendable {
    public var job: String
    /// The topic of events.
    public var topic: String
    /// nil where the job reads none.
    public var adjustmentsTopic: String?
    /// The partitions of the topic of events that the job has claimed, ascending.
    public var partitions: [AppliedPartition] = []
    public var adjustmentPartitions: [AppliedPartition] = []
    /// What operators have changed by hand, in order.
    public var changes: [OperatorChange] = []
    /// Up to here every partition has delivered what it had; nil before the first event. Milliseconds of Unix time.
    public var watermark: Int64?
    /// Minutes before this moment were dropped; nil: none were.
    public var minutesKeptFrom: Int64?
    /// How often results were taken back by a rewind.
    public var generation: Int64 = 0
    /// The last repair that was applied; 0: none.
    public var lastRepair: Int64 = 0
    /// When the snapshot was taken, by the database's clock.
    public var takenAt: Int64 = 0

    public init(job: String, topic: String) {
        self.job = job
        self.topic = topic
    }

    public func partition(_ number: Int32) -> AppliedPartition? { partitions.first { $0.partition == number } }

    /// A row of progress.
    public struct AppliedPartition: Codable, Equatable, Sendable {
        public var topic: String
        public var partition: Int32
        public var epoch: Int64
        /// The first offset that is not applied; nil before the first commit.
        public var nextOffset: Int64?
        /// S(nextOffset - 1), milliseconds.
        public var streamTime: Int64?
        public var watermark: Int64?
        public var records: Int64
        public var duplicates: Int64
        public var late: Int64
        public var invalid: Int64
        public var deadLetters: Int64
        public var skipped: Int64

        /// Where the job began in this partition, by its own counters.
        public var firstOffset: Int64? { nextOffset.map { $0 - records - skipped } }
    }

    /// A row of "sluice".progress_change.
    public struct OperatorChange: Codable, Equatable, Sendable {
        public var id: Int64
        public var topic: String
        public var partition: Int32
        public var kind: String
        public var reason: String
        public var at: Int64
        public var nextOffsetBefore: Int64?
        public var nextOffsetAfter: Int64?
    }
}
