/// A correction of what an advertiser is charged (`sluice.ads.v1.SpendAdjustment`): plain values, no allocation. A field
/// that was not sent is 0 or empty, as proto3 has it.
///
/// Nothing here says that it can be applied: that is judged by the rules in proto/sluice/ads/v1/README.md.
@frozen
public struct SpendAdjustment: BitwiseCopyable, Sendable, Hashable {
    /// Bytes 0 to 7 of `adjustment_id`, the first byte the most significant. 0 unless `idLength` is 16.
    public var idHigh: UInt64
    /// Bytes 8 to 15 of `adjustment_id`, the first of them the most significant. 0 unless `idLength` is 16.
    public var idLow: UInt64
    /// The moment of what is corrected: Unix time in milliseconds, UTC.
    public var eventTimeMilliseconds: Int64
    public var advertiserID: Int64
    public var campaignID: Int64
    /// 0: not of one ad group.
    public var adGroupID: Int64
    /// 0: not of one ad.
    public var adID: Int64
    /// Billionths of the currency. Negative: a credit to the advertiser; positive: a further charge.
    public var amountNanos: Int64
    /// How many bytes `adjustment_id` had as it was sent. Only 16 is a valid id.
    public var idLength: Int32
    public var currency: CurrencyCode
    /// A fixed code, such as invalid_traffic.
    public var reason: InlineText<64>
    /// Free text, such as the number of a case. May be empty.
    public var reference: InlineText<128>

    @inlinable
    public init(
        idHigh: UInt64 = 0, idLow: UInt64 = 0, idLength: Int32 = 0,
        eventTimeMilliseconds: Int64 = 0,
        advertiserID: Int64 = 0, campaignID: Int64 = 0, adGroupID: Int64 = 0, adID: Int64 = 0,
        amountNanos: Int64 = 0, currency: CurrencyCode = .none,
        reason: InlineText<64> = InlineText(), reference: InlineText<128> = InlineText()
    ) {
        self.idHigh = idHigh
        self.idLow = idLow
        self.eventTimeMilliseconds = eventTimeMilliseconds
        self.advertiserID = advertiserID
        self.campaignID = campaignID
        self.adGroupID = adGroupID
        self.adID = adID
        self.amountNanos = amountNanos
        self.idLength = idLength
        self.currency = currency
        self.reason = reason
        self.reference = reference
    }
}
