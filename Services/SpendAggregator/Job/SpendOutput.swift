import Schemas
public import Streams

/// What the events of one partition add up to between two checkpoints: the minutes of campaigns, and the hours of their
/// ads, placements and countries. Hours, days and lifetimes of campaigns are derived from the minutes in the database.
public final class SpendOutput: CheckpointOutput {
    public typealias Minutes = GroupTable<SpendKey, SpendDelta>
    public typealias Dimension = GroupTable<DimensionKey, SpendDelta>

    // Behind pointers, because a stored property of a class costs an exclusivity check at each access.
    @usableFromInline let table: UnsafeMutablePointer<Minutes>
    @usableFromInline let ads: UnsafeMutablePointer<Dimension>
    @usableFromInline let placements: UnsafeMutablePointer<Dimension>
    @usableFromInline let countries: UnsafeMutablePointer<Dimension>

    /// The hashes of a block's keys between the two rounds of fetching.
    @usableFromInline let hashes: UnsafeMutablePointer<Hashes>
    private let headroom: BudgetHeadroom?

    /// The hashes of one event's keys.
    @frozen
    @usableFromInline
    struct Hashes {
        @usableFromInline var minute: UInt64 = 0
        @usableFromInline var ad: UInt64 = 0
        @usableFromInline var placement: UInt64 = 0
        @usableFromInline var country: UInt64 = 0
        @usableFromInline init() {}
    }

    /// - Parameter headroom: what budgets leave; nil where nobody waits for signals.
    public init(headroom: BudgetHeadroom? = nil) {
        self.headroom = headroom
        table = .allocate(capacity: 1)
        table.initialize(to: GroupTable(zero: SpendDelta(), minimumCapacity: 1_024))
        func dimension() -> UnsafeMutablePointer<Dimension> {
            let pointer = UnsafeMutablePointer<Dimension>.allocate(capacity: 1)
            pointer.initialize(to: GroupTable(zero: SpendDelta(), minimumCapacity: 1_024))
            return pointer
        }
        hashes = .allocate(capacity: BlockScratch<AdEvent>.size)
        hashes.initialize(repeating: Hashes(), count: BlockScratch<AdEvent>.size)
        ads = dimension()
        placements = dimension()
        countries = dimension()
    }

    deinit {
        table.deinitialize(count: 1)
        table.deallocate()
        hashes.deallocate()
        for dimension in [ads, placements, countries] {
            dimension.deinitialize(count: 1)
            dimension.deallocate()
        }
    }

    /// Rows of all levels that are kept in memory.
    public var rowCount: Int {
        table.pointee.count + ads.pointee.count + placements.pointee.count + countries.pointee.count
    }

    /// A budget's signal is due with what was charged.
    public var isUrgent: Bool { headroom?.isUsedUp(by: table.pointee.all) ?? false }

    public func removeAll() {
        table.pointee.removeAll()
        for dimension in [ads, placements, countries] { dimension.pointee.removeAll() }
    }

    /// The minutes in the order of first sight.
    var minutes: UnsafeMutableBufferPointer<Minutes.Entry> { table.pointee.all }

    /// The rows of the minutes in the order of the table's primary key. Sorts in place: the output is not aggregated into
    /// until it was emptied.
    public func withSortedRows<R>(
        _ body: (UnsafeMutableBufferPointer<Minutes.Entry>) throws -> R
    ) rethrows -> R {
        var rows = table.pointee.all
        rows.sort { $0.key < $1.key }
        return try body(rows)
    }

    /// The rows of one level in the order of its table's primary key; sorts in place as well.
    public func sortedRows(_ level: SpendLevels) -> UnsafeMutableBufferPointer<Dimension.Entry> {
        let dimension =
            switch level {
            case .ads: ads
            case .placements: placements
            default: countries
            }
        var rows = dimension.pointee.all
        rows.sort { $0.key < $1.key }
        return rows
    }
}
