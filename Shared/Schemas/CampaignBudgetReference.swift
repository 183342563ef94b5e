import CProtobufC
import CSluiceSchemas

/// Reads `sluice.ads.v1.CampaignBudget` by another way: the code that protoc-c generated, over libprotobuf-c. It is here
/// to be compared with; where it departs from `CampaignBudgetReader`, it does so as `AdEventReference` says.
public enum CampaignBudgetReference {
    /// Reads one budget.
    ///
    /// - Returns: nil where protobuf-c refuses the bytes, where there are more of them than `AdEventReference.sizeLimit`,
    ///   or where memory ran out.
    public static func decode(_ bytes: [UInt8]) -> CampaignBudget? {
        guard bytes.count <= AdEventReference.sizeLimit else { return nil }
        let unpacked = bytes.withUnsafeBufferPointer { buffer in
            sluice__ads__v1__campaign_budget__unpack(nil, buffer.count, buffer.baseAddress)
        }
        guard let unpacked else { return nil }
        defer { sluice__ads__v1__campaign_budget__free_unpacked(unpacked, nil) }
        let message = unpacked.pointee
        return CampaignBudget(
            campaignID: message.campaign_id,
            advertiserID: message.advertiser_id,
            currency: ReferenceFields.currency(message.currency),
            dailyBudgetNanos: message.daily_budget_nanos,
            lifetimeBudgetNanos: message.lifetime_budget_nanos,
            timeZone: ReferenceFields.inline(message.time_zone),
            startsMilliseconds: message.starts_ms,
            endsMilliseconds: message.ends_ms,
            version: message.version
        )
    }
}
