public import Streams

/// The adjustments of one partition between two checkpoints, in the order of the log. One that repeats an earlier one is
/// among them: the ledger's key tells.
public final class AdjustmentOutput: CheckpointOutput {
    /// The room of so many is kept from one checkpoint to the next; a burst of more gives its memory back.
    static let keptCount = 1_024

    public private(set) var entries: [AdjustmentEntry] = []

    public init() {}

    public var rowCount: Int { entries.count }
    public func removeAll() { entries.removeAll(keepingCapacity: entries.count <= Self.keptCount) }

    func append(_ entry: AdjustmentEntry) { entries.append(entry) }
}
