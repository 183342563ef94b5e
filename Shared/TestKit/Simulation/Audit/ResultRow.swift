/// The key of a row of results within a partition.
public struct ResultKey: Hashable, Sendable, Comparable {
    public var advertiser: Int64
    public var campaign: Int64
    /// Minutes since the Unix epoch.
    public var minute: Int64
    public var currency: UInt32

    public init(advertiser: Int64, campaign: Int64, minute: Int64, currency: UInt32) {
        self.advertiser = advertiser
        self.campaign = campaign
        self.minute = minute
        self.currency = currency
    }

    public static func < (a: Self, b: Self) -> Bool {
        (a.minute, a.campaign, a.advertiser, a.currency) < (b.minute, b.campaign, b.advertiser, b.currency)
    }
}

/// What a row of results holds, or what a checkpoint adds to it.
public struct ResultRow: Hashable, Sendable {
    public var impressions: Int64 = 0
    public var clicks: Int64 = 0
    public var conversions: Int64 = 0
    public var videoViews: Int64 = 0
    public var invalidEvents: Int64 = 0
    public var lateEvents: Int64 = 0
    public var spendNanos: Int128 = 0

    public init() {}

    mutating func add(_ other: ResultRow, times sign: Int64 = 1) {
        impressions += sign * other.impressions
        clicks += sign * other.clicks
        conversions += sign * other.conversions
        videoViews += sign * other.videoViews
        invalidEvents += sign * other.invalidEvents
        lateEvents += sign * other.lateEvents
        spendNanos += Int128(sign) * other.spendNanos
    }

    /// Nothing is left of it: a row that was taken back whole.
    var isEmpty: Bool { self == ResultRow() }
}

/// Rows by their keys, as one partition adds them up.
typealias ResultRows = [ResultKey: ResultRow]

extension ResultRows {
    mutating func add(_ rows: ResultRows, times sign: Int64 = 1) {
        for (key, row) in rows {
            var sum = self[key] ?? ResultRow()
            sum.add(row, times: sign)
            self[key] = sum.isEmpty ? nil : sum
        }
    }
}
