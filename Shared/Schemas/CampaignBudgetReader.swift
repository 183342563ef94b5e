/// Reads `sluice.ads.v1.CampaignBudget` from its wire format in place, by the rules of `AdEventReader`: no allocation.
public enum CampaignBudgetReader {
    /// Reads one budget.
    ///
    /// No bytes at all are a budget whose fields are all 0: whether that is acceptable is for the caller to say.
    ///
    /// - Parameters:
    ///   - bytes: the payload.
    ///   - budget: what was read; unspecified where the answer is false.
    /// - Returns: whether the bytes decode.
    public static func read(_ bytes: UnsafeRawBufferPointer, into budget: inout CampaignBudget) -> Bool {
        budget = CampaignBudget()
        guard let start = bytes.baseAddress else { return true }
        var cursor = WireCursor(start, count: bytes.count)
        while cursor.hasMore {
            guard let tag = cursor.tag() else { return false }
            let read =
                switch tag {
                case 0x08: cursor.int64(&budget.campaignID)
                case 0x10: cursor.int64(&budget.advertiserID)
                case 0x1A: cursor.currency(&budget.currency)
                case 0x20: cursor.int64(&budget.dailyBudgetNanos)
                case 0x28: cursor.int64(&budget.lifetimeBudgetNanos)
                case 0x32: cursor.text(&budget.timeZone)
                case 0x38: cursor.int64(&budget.startsMilliseconds)
                case 0x40: cursor.int64(&budget.endsMilliseconds)
                case 0x48: cursor.int64(&budget.version)
                default: cursor.skip(tag)
                }
            guard read else { return false }
        }
        return true
    }
}
