/// What a job counted in a partition since its first record. Exact: it moves with the progress, in the same
/// transaction.
public struct PartitionCounters: Equatable, Sendable {
    public var records: Int64 = 0
    public var duplicates: Int64 = 0
    public var late: Int64 = 0
    public var invalid: Int64 = 0
    public var deadLetters: Int64 = 0
    /// Offsets that the log skipped: transaction markers, compaction, or records that are gone.
    public var skippedOffsets: Int64 = 0
    public init() {}
}
