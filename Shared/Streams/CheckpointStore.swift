/// Where results and progress are kept together. Blocking; confined to one thread.
public protocol CheckpointStore<Output>: AnyObject {
    associatedtype Output: CheckpointOutput

    /// Raises the epoch of each partition's progress row, then reads the progress, in one statement. Rows appear at
    /// first sight.
    func claim(_ partitions: [Partition]) throws(StoreError) -> [Claim]

    /// The same for partitions that are still owned: under the given epoch, or under a later one that this process
    /// raised itself by a reclaim whose answer was lost. The others are left alone and left out. After a COMMIT without an answer this waits for the old transaction's locks, and what it returns is the answer.
    func reclaim(_ owned: [(partition: Partition, epoch: Epoch)]) throws(StoreError) -> [Claim]

    /// Writes the checkpoint in one transaction that checks every epoch and expected offset.
    func commit(_ checkpoint: Checkpoint<Output>) throws(StoreError)

    /// Drops the connection, so that the next call makes a new one.
    func disconnect()
}
