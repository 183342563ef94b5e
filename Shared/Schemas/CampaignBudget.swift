/// What a campaign may spend (`sluice.ads.v1.CampaignBudget`): plain values, no allocation. A field that was not sent is 0
/// or empty, as proto3 has it.
///
/// Nothing here says that it is sound: that is judged by the rules in proto/sluice/ads/v1/README.md.
@frozen
public struct CampaignBudget: BitwiseCopyable, Sendable, Hashable {
    public var campaignID: Int64
    public var advertiserID: Int64
    public var currency: CurrencyCode
    /// Billionths of the currency for each day of the time zone; 0: no daily budget.
    public var dailyBudgetNanos: Int64
    /// Billionths of the currency for the whole of the campaign; 0: no lifetime budget.
    public var lifetimeBudgetNanos: Int64
    /// Name in the IANA time zone database; empty: UTC.
    public var timeZone: InlineText<64>
    /// The campaign's first moment, Unix time in milliseconds, UTC; 0: unbounded.
    public var startsMilliseconds: Int64
    /// The first moment after the campaign, Unix time in milliseconds, UTC; 0: unbounded.
    public var endsMilliseconds: Int64
    /// Grows with each change of the campaign's budget.
    public var version: Int64

    @inlinable
    public init(
        campaignID: Int64 = 0, advertiserID: Int64 = 0, currency: CurrencyCode = .none,
        dailyBudgetNanos: Int64 = 0, lifetimeBudgetNanos: Int64 = 0, timeZone: InlineText<64> = InlineText(),
        startsMilliseconds: Int64 = 0, endsMilliseconds: Int64 = 0, version: Int64 = 0
    ) {
        self.campaignID = campaignID
        self.advertiserID = advertiserID
        self.currency = currency
        self.dailyBudgetNanos = dailyBudgetNanos
        self.lifetimeBudgetNanos = lifetimeBudgetNanos
        self.timeZone = timeZone
        self.startsMilliseconds = startsMilliseconds
        self.endsMilliseconds = endsMilliseconds
        self.version = version
    }
}
