/// What a row of results is about. Rows are ordered by level, start, campaign, advertiser, currency, the two finer
/// dimensions, and partition.
@frozen
public struct SpendRowKey: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// `SpendLevel.rawValue`.
    public var level: UInt32
    /// Where it came from: the partition of the topic of events.
    public var partition: Int32
    /// When the window begins, in milliseconds of Unix time; of a day the midnight of its date in UTC, whatever its zone; 0 for
    /// a lifetime.
    public var start: Int64
    public var campaign: Int64
    public var advertiser: Int64
    /// The ad group, the placement, or the country (its two letters as a number, the first in the upper byte; 0: none).
    public var first: Int64
    /// The ad.
    public var second: Int64
    /// Three letters, the first in the highest of three bytes.
    public var currency: UInt32

    @inlinable
    public init(
        level: SpendLevel, partition: Int32, start: Int64, campaign: Int64, advertiser: Int64, currency: UInt32,
        first: Int64 = 0, second: Int64 = 0
    ) {
        self.level = level.rawValue
        self.partition = partition
        self.start = start
        self.campaign = campaign
        self.advertiser = advertiser
        self.currency = currency
        self.first = first
        self.second = second
    }

    public var spendLevel: SpendLevel { SpendLevel(rawValue: level)! }

    public var currencyText: String {
        String(
            decoding: [
                UInt8(truncatingIfNeeded: currency >> 16), UInt8(truncatingIfNeeded: currency >> 8),
                UInt8(truncatingIfNeeded: currency),
            ], as: UTF8.self)
    }

    @inlinable
    public static func < (a: Self, b: Self) -> Bool {
        if a.level != b.level { return a.level < b.level }
        if a.start != b.start { return a.start < b.start }
        if a.campaign != b.campaign { return a.campaign < b.campaign }
        if a.advertiser != b.advertiser { return a.advertiser < b.advertiser }
        if a.currency != b.currency { return a.currency < b.currency }
        if a.first != b.first { return a.first < b.first }
        if a.second != b.second { return a.second < b.second }
        return a.partition < b.partition
    }
}

/// What events add up to. Exact.
@frozen
public struct SpendCounts: Hashable, Sendable, BitwiseCopyable {
    public var impressions: Int64 = 0
    public var clicks: Int64 = 0
    public var conversions: Int64 = 0
    public var videoViews: Int64 = 0
    public var invalidEvents: Int64 = 0
    public var lateEvents: Int64 = 0
    /// Billionths of the currency.
    public var spendNanos: Int128 = 0

    @inlinable public init() {}

    @inlinable
    public static func += (a: inout Self, b: Self) {
        a.impressions += b.impressions
        a.clicks += b.clicks
        a.conversions += b.conversions
        a.videoViews += b.videoViews
        a.invalidEvents += b.invalidEvents
        a.lateEvents += b.lateEvents
        a.spendNanos += b.spendNanos
    }

    @inlinable
    public static func -= (a: inout Self, b: Self) {
        a.impressions -= b.impressions
        a.clicks -= b.clicks
        a.conversions -= b.conversions
        a.videoViews -= b.videoViews
        a.invalidEvents -= b.invalidEvents
        a.lateEvents -= b.lateEvents
        a.spendNanos -= b.spendNanos
    }

    public static func - (a: Self, b: Self) -> Self {
        var result = a
        result -= b
        return result
    }

    public var isZero: Bool { self == SpendCounts() }

    /// Every column by its name in the tables, in the order in which reports show them.
    public var columns: [(name: String, value: Int128)] {
        [
            ("impressions", Int128(impressions)), ("clicks", Int128(clicks)), ("conversions", Int128(conversions)),
            ("video_views", Int128(videoViews)), ("invalid_events", Int128(invalidEvents)),
            ("late_events", Int128(lateEvents)), ("spend_nanos", spendNanos),
        ]
    }
}

/// A row of results: of the recount, or of a table.
@frozen
public struct SpendRow: Hashable, Sendable, BitwiseCopyable {
    public var key: SpendRowKey
    public var counts: SpendCounts
    @inlinable
    public init(key: SpendRowKey, counts: SpendCounts) {
        self.key = key
        self.counts = counts
    }
}

/// Rows ascending by key, each key once; nil at the end.
public protocol SpendRowStream: AnyObject {
    func next() throws -> SpendRow?
}
