/// A committed cut in figures.
public struct CheckpointSummary: Equatable, Sendable {
    public var partition: Partition
    public var records: Int64
    public var rows: Int
    /// -1 where no record had a timestamp.
    public var oldestTimestampMilliseconds: Int64
    public var newestTimestampMilliseconds: Int64
    public var committedAtUnixMilliseconds: Int64
}
