import CProtobufC
import CSluiceSchemas

/// Reads `sluice.ads.v1.BudgetSignal` by another way: the code that protoc-c generated, over libprotobuf-c. It is here to
/// be compared with; where it departs from `BudgetSignalReader`, it does so as `AdEventReference` says.
public enum BudgetSignalReference {
    /// Reads one signal.
    ///
    /// - Returns: nil where protobuf-c refuses the bytes, where there are more of them than
    ///   `BudgetSignalReader.sizeLimit`, or where memory ran out.
    public static func decode(_ bytes: [UInt8]) -> BudgetSignal? {
        guard bytes.count <= BudgetSignalReader.sizeLimit else { return nil }
        let unpacked = bytes.withUnsafeBufferPointer { buffer in
            sluice__ads__v1__budget_signal__unpack(nil, buffer.count, buffer.baseAddress)
        }
        guard let unpacked else { return nil }
        defer { sluice__ads__v1__budget_signal__free_unpacked(unpacked, nil) }
        let message = unpacked.pointee
        return BudgetSignal(
            campaignID: message.campaign_id,
            advertiserID: message.advertiser_id,
            currency: ReferenceFields.currency(message.currency),
            kind: SignalKind(rawValue: Int32(bitPattern: message.kind.rawValue)) ?? .unspecified,
            budget: BudgetKind(rawValue: Int32(bitPattern: message.budget.rawValue)) ?? .unspecified,
            thresholdPercent: message.threshold_percent,
            day: ReferenceFields.string(message.day),
            budgetNanos: message.budget_nanos,
            spentNanos: message.spent_nanos,
            budgetVersion: message.budget_version,
            sources: (0..<message.n_sources).compactMap { message.sources[$0].map { convert($0.pointee) } },
            lane: message.lane,
            sequence: message.sequence,
            decidedAtMilliseconds: message.decided_at_ms
        )
    }

    private static func convert(_ source: Sluice__Ads__V1__SourceOffset) -> SourceOffset {
        SourceOffset(
            topic: ReferenceFields.string(source.topic), partition: source.partition, nextOffset: source.next_offset)
    }
}
