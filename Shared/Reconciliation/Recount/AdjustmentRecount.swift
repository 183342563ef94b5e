public import Archive
public import Streams

/// What a log of adjustments amounts to by the contract. In memory, and limited: adjustments are few.
///
/// Which copy of an id came first is not in the log where the copies are in several partitions, so all are kept.
public struct AdjustmentRecount {
    /// A dead letter, with the contract's code.
    public struct Letter: Equatable, Sendable {
        public var partition: Int32
        public var offset: Int64
        public var code: String
    }

    public let limits: RecountLimits
    /// For each id its copies, by partition and offset.
    public private(set) var copies: [RecountedAdjustment.ID: [RecountedAdjustment]] = [:]
    /// By partition and offset.
    public var letters: [Letter] { [] }
    /// Ascending. `duplicates`, `late` and `invalid` are 0: repeats are found across partitions.
    public var partitions: [RecountedPartition] { [] }

    public init(limits: RecountLimits = RecountLimits()) { self.limits = limits }

    /// Reads a partition from where it stands to exactly `next`.
    ///
    /// - Parameter start: where to begin a partition that is seen for the first time; nil: at the log's start.
    public mutating func advance(
        _ partition: Partition, in log: any PartitionedLog, to next: Offset, startingAt start: Offset? = nil
    ) throws {}
}
