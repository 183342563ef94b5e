/// What an amount of a day belongs to. Ordered by day, advertiser, campaign and currency: so are both sides of a comparison.
public struct LedgerKey: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01, of the calendar that both sides mean: the advertiser's zone.
    public var day: Int32
    public var advertiserID: Int64
    public var campaignID: Int64
    public var currency: LedgerCurrency

    public init(day: Int32, advertiserID: Int64, campaignID: Int64, currency: LedgerCurrency) {
        self.day = day
        self.advertiserID = advertiserID
        self.campaignID = campaignID
        self.currency = currency
    }

    public static func < (a: Self, b: Self) -> Bool {
        if a.day != b.day { return a.day < b.day }
        if a.advertiserID != b.advertiserID { return a.advertiserID < b.advertiserID }
        if a.campaignID != b.campaignID { return a.campaignID < b.campaignID }
        return a.currency < b.currency
    }

    /// The day as it is written: "2026-01-15".
    public var date: String { CivilTime.isoDate(day: Int64(day)) }
}

/// Three letters A to Z, in a number that is ordered as they are.
public struct LedgerCurrency: Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    private var packed: UInt32

    /// Nil unless the text is three of A to Z.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 3, text.utf8.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) else { return nil }
        packed = text.utf8.reduce(0) { $0 << 8 | UInt32($1) }
    }

    public static func < (a: Self, b: Self) -> Bool { a.packed < b.packed }

    public var description: String {
        String(decoding: [16, 8, 0].map { UInt8(truncatingIfNeeded: packed >> UInt32($0)) }, as: UTF8.self)
    }
}

/// What one side says of a day: charges and adjustments together, in billionths of the currency.
public struct LedgerEntry: Hashable, Sendable {
    public var key: LedgerKey
    public var nanos: Int128

    public init(_ key: LedgerKey, nanos: Int128) {
        self.key = key
        self.nanos = nanos
    }
}

/// Entries one by one in the order of their keys, each key once. Used by one thread at a time.
public protocol LedgerReader: AnyObject {
    /// The next entry; nil after the last.
    func next() throws -> LedgerEntry?
}

/// Entries that are in memory.
public final class LedgerEntries: LedgerReader {
    private var rest: ArraySlice<LedgerEntry>

    /// - Parameter entries: in any order; each key once.
    public init(_ entries: [LedgerEntry]) { rest = entries.sorted { $0.key < $1.key }[...] }

    public func next() -> LedgerEntry? { rest.popFirst() }
}
