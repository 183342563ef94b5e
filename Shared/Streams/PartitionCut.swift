/// One partition's part of a checkpoint: what its records since the last one add up to, and the progress that
/// becomes visible with it, or not at all.
public struct PartitionCut<Output: CheckpointOutput>: Sendable {
    public var partition: Partition
    /// The epoch under which the partition is owned; the commit must find it unchanged.
    public var epoch: Epoch
    /// The progress that the commit must find; nil where nothing was ever committed.
    public var expectedNextOffset: Offset?
    /// The progress after the commit.
    public var progress: PartitionProgress
    /// The watermark that was committed before: a window that ended by then is closed, and changing it corrects it.
    /// `distantPast` where nothing was committed.
    public var closedUntil: EventTime
    public var output: PartitionOutput<Output>
    /// Records in the cut.
    public var records: Int64
    /// The smallest and largest record timestamp in milliseconds; -1 where no record had one.
    public var oldestTimestampMilliseconds: Int64
    public var newestTimestampMilliseconds: Int64

    /// The offsets that it covers, for people.
    public var applied: String {
        let first = expectedNextOffset?.description ?? "the log's beginning"
        return "\(first) to \(progress.nextOffset?.previous.description ?? "none")"
    }

    public init(
        partition: Partition, epoch: Epoch, expectedNextOffset: Offset?, progress: PartitionProgress,
        closedUntil: EventTime = .distantPast, output: PartitionOutput<Output>, records: Int64,
        oldestTimestampMilliseconds: Int64 = -1,
        newestTimestampMilliseconds: Int64 = -1
    ) {
        self.partition = partition
        self.epoch = epoch
        self.expectedNextOffset = expectedNextOffset
        self.progress = progress
        self.closedUntil = closedUntil
        self.output = output
        self.records = records
        self.oldestTimestampMilliseconds = oldestTimestampMilliseconds
        self.newestTimestampMilliseconds = newestTimestampMilliseconds
    }
}
