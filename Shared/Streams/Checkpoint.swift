/// The atomic cut: results, dead letters and progress of a worker's partitions, one transaction.
public struct Checkpoint<Output: CheckpointOutput>: Sendable {
    /// In ascending order of partitions, which is the order of locks.
    public var cuts: [PartitionCut<Output>]
    public init(cuts: [PartitionCut<Output>]) { self.cuts = cuts.sorted { $0.partition < $1.partition } }
    public var records: Int64 { cuts.reduce(0) { $0 + $1.records } }
    public var rows: Int { cuts.reduce(0) { $0 + $1.output.output.rowCount } }
}
