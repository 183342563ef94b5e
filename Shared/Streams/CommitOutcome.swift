/// What became of a checkpoint, known for certain.
public struct CommitOutcome<Output: CheckpointOutput>: Sendable {
    /// Cuts whose transaction was committed, with the epoch under which the partition is owned from now on.
    public var committed: [PartitionCut<Output>] = []
    /// Cuts that were refused because another owner has claimed the partition.
    public var fenced: [PartitionCut<Output>] = []
    /// Cuts that the lane has given up; nothing of them was written, unless they are in doubt.
    public var undecided: [PartitionCut<Output>] = []
    /// The answer to the COMMIT of what is undecided was lost: the progress rows tell whether it was written.
    public var isInDoubt = false
    /// Why the lane has given up; nothing more will be committed by it.
    public var failure: StoreError?
    public init() {}
}
