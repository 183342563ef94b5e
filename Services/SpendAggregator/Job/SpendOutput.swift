public import Streams

/// What the events of one partition add up to between two checkpoints.
public final class SpendOutput: CheckpointOutput {
    // Behind a pointer, because a stored property of a class costs an exclusivity check at each access.
    @usableFromInline let table: UnsafeMutablePointer<GroupTable<SpendKey, SpendDelta>>

    public init() {
        table = .allocate(capacity: 1)
        table.initialize(to: GroupTable(zero: SpendDelta(), minimumCapacity: 1_024))
    }

    deinit {
        table.deinitialize(count: 1)
        table.deallocate()
    }

    public var rowCount: Int { table.pointee.count }
    public func removeAll() { table.pointee.removeAll() }

    /// The rows in the order of the table's primary key. Sorts in place: the output is not aggregated into until it
    /// was emptied.
    public func withSortedRows<R>(
        _ body: (UnsafeMutableBufferPointer<GroupTable<SpendKey, SpendDelta>.Entry>) throws -> R
    ) rethrows -> R {
        var rows = table.pointee.all
        rows.sort { $0.key < $1.key }
        return try body(rows)
    }
}
