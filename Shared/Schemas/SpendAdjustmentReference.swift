import CProtobufC
import CSluiceSchemas

/// Reads `sluice.ads.v1.SpendAdjustment` by another way: the code that protoc-c generated, over libprotobuf-c. It is here
/// to be compared with; where it departs from `SpendAdjustmentReader`, it does so as `AdEventReference` says.
public enum SpendAdjustmentReference {
    /// Reads one adjustment.
    ///
    /// - Returns: nil where protobuf-c refuses the bytes, where there are more of them than `AdEventReference.sizeLimit`,
    ///   or where memory ran out.
    public static func decode(_ bytes: [UInt8]) -> SpendAdjustment? {
        guard bytes.count <= AdEventReference.sizeLimit else { return nil }
        let unpacked = bytes.withUnsafeBufferPointer { buffer in
            sluice__ads__v1__spend_adjustment__unpack(nil, buffer.count, buffer.baseAddress)
        }
        guard let unpacked else { return nil }
        defer { sluice__ads__v1__spend_adjustment__free_unpacked(unpacked, nil) }
        let message = unpacked.pointee
        let id = ReferenceFields.id(message.adjustment_id)
        return SpendAdjustment(
            idHigh: id.high, idLow: id.low,
            idLength: Int32(truncatingIfNeeded: message.adjustment_id.len),
            eventTimeMilliseconds: message.event_time_ms,
            advertiserID: message.advertiser_id,
            campaignID: message.campaign_id,
            adGroupID: message.ad_group_id,
            adID: message.ad_id,
            amountNanos: message.amount_nanos,
            currency: ReferenceFields.currency(message.currency),
            reason: ReferenceFields.inline(message.reason),
            reference: ReferenceFields.inline(message.reference)
        )
    }
}
