/// What became of a checkpoint, known for certain.
public struct CommitOutcome<Output: CheckpointOutput>: Sendable {
    /// Cuts whose transaction was committed, with the epoch under which the partition is owned from now on.
    public var committed: [PartitionCut<Output>] = []
    /// Cuts that were refused because another owner has claimed the partition.
    public var fenced: [PartitionCut<Output>] = []
    /// Cuts of which nothing was written, because the lane has given up.
    public var undecided: [PartitionCut<Output>] = []
    /// Why the lane has given up; nothing more will be committed by it.
    public var failure: StoreError?
    public init() {}
}
