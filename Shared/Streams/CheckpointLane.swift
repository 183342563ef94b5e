/// The way from the worker to the store: claims are waited for, one checkpoint at a time is on its way while the
/// worker goes on. Called from the worker's thread only.
public protocol CheckpointLane<Output>: AnyObject {
    associatedtype Output: CheckpointOutput
    /// Claims partitions, trying again while the store cannot be reached, until `cancel` was called.
    func claim(_ partitions: [Partition]) throws(StoreError) -> [Claim]
    /// Hands a checkpoint over. The one before must have ended.
    func submit(_ checkpoint: Checkpoint<Output>)
    /// Whether a checkpoint is on its way or its outcome not yet taken.
    var isBusy: Bool { get }
    /// Takes the outcome of the submitted checkpoint, waiting up to so long; nil where it is not known by then.
    func outcome(waitingMilliseconds: Int64) -> CommitOutcome<Output>?
}
