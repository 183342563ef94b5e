public import Schemas
public import Streams

/// One row of a level finer than the campaign within a partition: an hour of a campaign, and in it an ad, a placement or a
/// country.
@frozen
public struct DimensionKey: GroupKey, Comparable {
    public var advertiserID: Int64
    public var campaignID: Int64
    /// The ad group, for ads; the number of the placement; the packed letters of the country.
    public var first: Int64
    /// The ad, for ads; 0 otherwise.
    public var second: Int64
    /// Hours since the Unix epoch.
    public var hour: Int32
    public var currency: CurrencyCode

    @inlinable
    public init(
        advertiserID: Int64, campaignID: Int64, first: Int64, second: Int64, hour: Int32, currency: CurrencyCode
    ) {
        self.advertiserID = advertiserID
        self.campaignID = campaignID
        self.first = first
        self.second = second
        self.hour = hour
        self.currency = currency
    }

    @inlinable
    public static func == (a: Self, b: Self) -> Bool {
        a.campaignID == b.campaignID && a.second == b.second && a.first == b.first && a.hour == b.hour
            && a.advertiserID == b.advertiserID && a.currency == b.currency
    }

    @inlinable public var groupHash: UInt64 {
        let time = UInt64(UInt32(bitPattern: hour)) << 32 | UInt64(currency.rawValue)
        let place = UInt64(bitPattern: first) &* 0x9E6C_63D0_876A_3F6B ^ UInt64(bitPattern: second)
        let product = (UInt64(bitPattern: campaignID) ^ 0x9E37_79B9_7F4A_7C15)
            .multipliedFullWidth(by: time ^ 0xD1B5_4A32_D192_ED03)
        let other = (place ^ 0xBF58_476D_1CE4_E5B9).multipliedFullWidth(by: 0x94D0_49BB_1331_11EB)
        let mixed =
            (product.high ^ product.low) &+ (other.high ^ other.low) &+ UInt64(bitPattern: advertiserID)
            &* 0xFF51_AFD7_ED55_8CCD
        return mixed ^ (mixed >> 31)
    }

    /// The order of the tables' primary keys.
    public static func < (a: Self, b: Self) -> Bool {
        if a.hour != b.hour { return a.hour < b.hour }
        if a.campaignID != b.campaignID { return a.campaignID < b.campaignID }
        if a.advertiserID != b.advertiserID { return a.advertiserID < b.advertiserID }
        if a.currency != b.currency { return a.currency.rawValue < b.currency.rawValue }
        if a.first != b.first { return a.first < b.first }
        return a.second < b.second
    }
}
