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
    public var output: PartitionOutput<Output>
    /// Records in the cut.
    public var records: Int64
    /// The smallest and largest record timestamp in milliseconds; -1 where no record had one.
    public var oldestTimestampMilliseconds: Int64
    public var newestTimestampMilliseconds: Int64
}

/// The atomic cut: results, dead letters and progress of a worker's partitions, one transaction.
public struct Checkpoint<Output: CheckpointOutput>: Sendable {
    /// In ascending order of partitions, which is the order of locks.
    public var cuts: [PartitionCut<Output>]
    public init(cuts: [PartitionCut<Output>]) { self.cuts = cuts.sorted { $0.partition < $1.partition } }
    public var records: Int64 { cuts.reduce(0) { $0 + $1.records } }
    public var rows: Int { cuts.reduce(0) { $0 + $1.output.output.rowCount } }
}

/// What became of a checkpoint, known for certain.
public struct CommitOutcome<Output: CheckpointOutput>: Sendable {
    /// Cuts whose transaction was committed, with the epoch under which the partition is owned from now on.
    public var committed: [PartitionCut<Output>] = []
    /// Cuts that were refused because another owner has claimed the partition.
    public var fenced: [PartitionCut<Output>] = []
    /// Why the lane has given up; nothing more will be committed by it.
    public var failure: StoreError?
    public init() {}
}

/// Why a store could not do what it was asked.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Equatable, Sendable {
        /// The epoch or the expected offset of these partitions did not match; the transaction was rolled back whole.
        case fenced([Partition])
        /// Nothing was applied; the same call may succeed later (serialization failure, lock timeout, server starting).
        case transient
        /// The connection was lost: whether the transaction was committed is not known.
        case outcomeUnknown
        /// The same call will fail again.
        case permanent
        /// The caller has asked to stop waiting.
        case cancelled
    }
    public var code: Code
    public var message: String
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}

/// Where results and progress are kept together. Blocking; confined to one thread.
public protocol CheckpointStore<Output>: AnyObject {
    associatedtype Output: CheckpointOutput

    /// Raises the epoch of each partition's progress row, then reads the progress, in one statement. Rows appear at
    /// first sight.
    func claim(_ partitions: [Partition]) throws(StoreError) -> [Claim]

    /// The same for partitions that are still owned under the given epoch; the others are left alone and left out.
    /// After a COMMIT without an answer this waits for the old transaction's locks, and what it returns is the answer.
    func reclaim(_ owned: [(partition: Partition, epoch: Epoch)]) throws(StoreError) -> [Claim]

    /// Writes the checkpoint in one transaction that checks every epoch and expected offset.
    func commit(_ checkpoint: Checkpoint<Output>) throws(StoreError)

    /// Drops the connection, so that the next call makes a new one.
    func disconnect()
}
