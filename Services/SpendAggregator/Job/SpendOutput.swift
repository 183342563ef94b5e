public import Schemas
public import Streams

/// One row of the results within a partition: advertiser, campaign, minute and currency.
@frozen
public struct SpendKey: GroupKey, Comparable {
    public var advertiserID: Int64
    public var campaignID: Int64
    /// Minutes since the Unix epoch.
    public var minute: Int32
    public var currency: CurrencyCode

    @inlinable
    public init(advertiserID: Int64, campaignID: Int64, minute: Int32, currency: CurrencyCode) {
        self.advertiserID = advertiserID
        self.campaignID = campaignID
        self.minute = minute
        self.currency = currency
    }

    @inlinable
    public static func == (a: Self, b: Self) -> Bool {
        a.campaignID == b.campaignID && a.minute == b.minute && a.advertiserID == b.advertiserID
            && a.currency == b.currency
    }

    @inlinable public var groupHash: UInt64 {
        let time = UInt64(UInt32(bitPattern: minute)) << 32 | UInt64(currency.rawValue)
        let first = (UInt64(bitPattern: campaignID) ^ 0x9E37_79B9_7F4A_7C15)
            .multipliedFullWidth(by: time ^ 0xD1B5_4A32_D192_ED03)
        let mixed = (first.high ^ first.low) &+ UInt64(bitPattern: advertiserID) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The order of the table's primary key, so that workers lock rows in one order and the index is walked once.
    public static func < (a: Self, b: Self) -> Bool {
        if a.minute != b.minute { return a.minute < b.minute }
        if a.campaignID != b.campaignID { return a.campaignID < b.campaignID }
        if a.advertiserID != b.advertiserID { return a.advertiserID < b.advertiserID }
        return a.currency.rawValue < b.currency.rawValue
    }
}

/// What a checkpoint adds to one row. Counts fit 32 bits because a checkpoint holds far fewer records; spend does
/// not overflow: 2^32 charges of the highest price are below 2^127.
@frozen
public struct SpendDelta: BitwiseCopyable, Equatable, Sendable {
    public var impressions: UInt32 = 0
    public var clicks: UInt32 = 0
    public var conversions: UInt32 = 0
    public var videoViews: UInt32 = 0
    public var invalidEvents: UInt32 = 0
    public var lateEvents: UInt32 = 0
    public var spendNanos: Int128 = 0
    @inlinable public init() {}
}

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
