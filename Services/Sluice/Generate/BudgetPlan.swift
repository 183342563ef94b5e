import Schemas

/// Budgets for the most active campaigns of a stream, such that by its end the thresholds are crossed variously: from the
/// expected spend, events x the campaign's share of the traffic x its expected charge an event.
///
/// Daily budgets are those of the days that the stream lies in; what crosses them on the day that runs is a stream of now.
struct BudgetPlan {
    private(set) var budgets: [CampaignBudget] = []
    /// The campaign that gets a refund at the end, which takes it below a threshold, and the refund.
    private(set) var refund: (campaign: Campaign, nanos: Int64)?

    /// What is spent of each budget by the end in per cent, campaign after campaign.
    private static let usage: [Int128] = [130, 88, 65, 97, 110, 30, 160, 90, 72, 120, 97, 200]
    /// In which of them the refund goes to, and how much of the budget it is in per cent.
    private static let (refunded, refundPercent) = (8, Int64(28))
    private static let zones = [
        "UTC", "America/New_York", "Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles", "Asia/Kolkata",
        "Europe/London", "America/Sao_Paulo",
    ]

    init(_ shape: StreamShape, catalog: CampaignCatalog, campaigns: Int) {
        // Repeats and what is not charged.
        let lost = min(shape.duplicates + shape.invalid + shape.undecodable + shape.faulty, 1)
        let keptMillionths = Int128(((1 - lost) * 1_000_000).rounded())
        for (rank, campaign) in catalog.campaigns.prefix(campaigns).enumerated() {
            let place = rank % Self.usage.count
            let traffic = catalog.traffic(ofRank: rank)
            let expected =
                Int128(shape.events) * traffic.weight * EventStream.expectedChargeNanos(perThousand: campaign) / 1_000
                / traffic.total * keptMillionths / 1_000_000
            let amount = Self.rounded(expected * 100 / Self.usage[place])
            // Of a few only the whole campaign is bounded, of some both.
            let (hasDaily, hasLifetime) = (rank % 4 != 3, rank % 4 == 3 || rank % 4 == 1)
            budgets.append(
                CampaignBudget(
                    campaignID: campaign.id, advertiserID: campaign.advertiser,
                    currency: CurrencyCode(campaign.currency) ?? .none, dailyBudgetNanos: hasDaily ? amount : 0,
                    lifetimeBudgetNanos: hasLifetime ? (hasDaily ? 2 * amount : amount) : 0,
                    timeZone: InlineText(Self.zones[rank % Self.zones.count]), version: 1))
            if rank == Self.refunded { refund = (campaign, max(amount / 100 * Self.refundPercent, 1)) }
        }
    }

    /// To three digits, as people give budgets, within what a budget may be.
    private static func rounded(_ nanos: Int128) -> Int64 {
        var unit: Int128 = 1
        while nanos / unit >= 1_000 { unit *= 10 }
        return Int64(min(max(nanos / unit * unit, 1), 400_000_000_000_000_000))
    }
}
