public import Streams

/// The changes of budgets of one partition between two checkpoints, in the order of the log. Several of one campaign may
/// be among them.
public final class BudgetOutput: CheckpointOutput {
    /// The room of so many is kept from one checkpoint to the next; a burst of more gives its memory back.
    static let keptCount = 1_024

    public private(set) var changes: [BudgetChange] = []

    public init() {}

    public var rowCount: Int { changes.count }
    public func removeAll() { changes.removeAll(keepingCapacity: changes.count <= Self.keptCount) }

    func append(_ change: BudgetChange) { changes.append(change) }
}
