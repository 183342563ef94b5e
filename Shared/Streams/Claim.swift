/// A partition as its owner holds it after claiming: the epoch that every commit must match, and the progress that
/// was read in the same statement, after the epoch was raised.
public struct Claim: Equatable, Sendable {
    public var partition: Partition
    public var epoch: Epoch
    public var progress: PartitionProgress
    public init(partition: Partition, epoch: Epoch, progress: PartitionProgress) {
        self.partition = partition
        self.epoch = epoch
        self.progress = progress
    }
}
