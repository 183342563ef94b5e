import Schemas

/// A credit as the generator means it, field by field.
struct Credit: Equatable {
    var idHigh: UInt64 = 0
    var idLow: UInt64 = 0
    /// That of what is credited.
    var eventTimeMilliseconds: Int64
    var advertiser: Int64
    var campaign: Int64
    var adGroup: Int64 = 0
    var ad: Int64 = 0
    /// Below 0.
    var amountNanos: Int64
    var currency: String
    var reason: String
    var reference: String
    var partition: Int32

    /// The bytes that are sent.
    var payload: [UInt8] {
        SpendAdjustmentWriter.encode(
            SpendAdjustment(
                idHigh: idHigh, idLow: idLow, idLength: 16, eventTimeMilliseconds: eventTimeMilliseconds,
                advertiserID: advertiser, campaignID: campaign, adGroupID: adGroup, adID: ad, amountNanos: amountNanos,
                currency: CurrencyCode(currency) ?? .none, reason: InlineText(reason), reference: InlineText(reference))
        )
    }
}
