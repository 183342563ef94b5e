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
