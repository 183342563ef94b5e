/// A decision about a campaign's budget (`sluice.ads.v1.BudgetSignal`), as it goes out to pacing and reporting.
public struct BudgetSignal: Sendable, Hashable {
    public var campaignID: Int64
    public var advertiserID: Int64
    /// That of the budget.
    public var currency: CurrencyCode
    public var kind: SignalKind
    public var budget: BudgetKind
    /// 50, 80, 95 or 100; 0 for a reset.
    public var thresholdPercent: Int32
    /// The budget's day in the campaign's time zone, as ISO 8601 has it: 2026-11-25.
    public var day: String
    /// Billionths of the currency.
    public var budgetNanos: Int64
    /// Charges and adjustments, in billionths of the currency; stops at the largest number that fits.
    public var spentNanos: Int64
    /// Version of the `CampaignBudget` that was used.
    public var budgetVersion: Int64
    /// `spentNanos` is the figure of the records before these offsets.
    public var sources: [SourceOffset]
    public var lane: Int32
    /// Dense within the lane.
    public var sequence: Int64
    /// When it was decided: Unix time in milliseconds, UTC.
    public var decidedAtMilliseconds: Int64

    public init(
        campaignID: Int64 = 0, advertiserID: Int64 = 0, currency: CurrencyCode = .none,
        kind: SignalKind = .unspecified, budget: BudgetKind = .unspecified, thresholdPercent: Int32 = 0,
        day: String = "", budgetNanos: Int64 = 0, spentNanos: Int64 = 0, budgetVersion: Int64 = 0,
        sources: [SourceOffset] = [], lane: Int32 = 0, sequence: Int64 = 0, decidedAtMilliseconds: Int64 = 0
    ) {
        self.campaignID = campaignID
        self.advertiserID = advertiserID
        self.currency = currency
        self.kind = kind
        self.budget = budget
        self.thresholdPercent = thresholdPercent
        self.day = day
        self.budgetNanos = budgetNanos
        self.spentNanos = spentNanos
        self.budgetVersion = budgetVersion
        self.sources = sources
        self.lane = lane
        self.sequence = sequence
        self.decidedAtMilliseconds = decidedAtMilliseconds
    }
}
