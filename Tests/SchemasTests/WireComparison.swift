import Schemas

/// A reader in place, the slow model of Google's rules and the generated code over libprotobuf-c, on the same bytes.
struct WireComparison<Message: Equatable> {
    let schema: WireModel.Schema
    /// nil where the bytes do not decode.
    let read: (UnsafeRawBufferPointer) -> Message?
    let reference: ([UInt8]) -> Message?
    let encode: (Message) -> [UInt8]
    /// The message with question marks for zero bytes in its texts, as the model's `canonical` has them.
    let withoutZeros: (Message) -> Message
    /// What comes back of a message that was written: less than what was written where that has no place on the wire.
    let written: (Message) -> Message

    /// What must hold for any bytes at all, and does not; nil where all of it holds.
    func finding(_ bytes: UnsafeRawBufferPointer) -> String? {
        let payload = Array(bytes)
        let message = read(bytes)
        let model = WireModel(payload, schema)
        guard (message != nil) == model.accepted else { return "the reader and the model differ" }
        guard read(bytes) == message else { return "read twice, another answer" }
        if let message {
            let again = encode(message)
            guard again.withUnsafeBytes(read) == written(message) else { return "written and read, another message" }
            guard payload.count <= AdEventReference.sizeLimit else { return nil }
            // Without the places where protobuf-c departs from Google's rules, it reads what the reader read with them.
            guard reference(model.canonical) == withoutZeros(message) else {
                return "the generated code's values differ"
            }
        }
        guard payload.count <= AdEventReference.sizeLimit else {
            return reference(payload) == nil ? nil : "the generated code takes any number of bytes"
        }
        return departures(payload, message, model)
    }

    func finding(_ payload: [UInt8]) -> String? { payload.withUnsafeBytes { finding($0) } }

    /// Where protobuf-c departs from Google's rules, it does so as `AdEventReference` says.
    private func departures(_ payload: [UInt8], _ message: Message?, _ model: WireModel) -> String? {
        let generated = reference(payload)
        if model.quirks.isEmpty { return generated == message ? nil : "the generated code differs without a reason" }
        // A tag beyond 32 bits may be another field for protobuf-c, and its wire type then right.
        guard !model.quirks.contains(.tagBeyond32Bits) else { return nil }
        if !model.quirks.isDisjoint(with: [.group, .wrongWireType]) {
            return generated == nil ? nil : "the generated code accepts a group or a wrong wire type"
        }
        if message == nil, !model.quirks.contains(.fieldNumberZero) {
            return generated == nil ? nil : "the generated code accepts what the reader refuses"
        }
        return nil
    }
}

extension WireComparison<SpendAdjustment> {
    static var adjustment: Self {
        WireComparison(
            schema: .spendAdjustment,
            read: { bytes in
                // Something in every field: whatever is left of it shows that the reader did not reset it.
                var read = SpendAdjustment(
                    idHigh: 1, idLow: 2, idLength: 3, eventTimeMilliseconds: 4, advertiserID: 5, campaignID: 6,
                    adGroupID: 7, adID: 8, amountNanos: 9, currency: CurrencyCode(rawValue: 10),
                    reason: InlineText("left"), reference: InlineText("over"))
                return SpendAdjustmentReader.read(bytes, into: &read) ? read : nil
            },
            reference: SpendAdjustmentReference.decode,
            encode: SpendAdjustmentWriter.encode,
            withoutZeros: { adjustment in
                var adjustment = adjustment
                adjustment.reason = adjustment.reason.withoutZeros
                adjustment.reference = adjustment.reference.withoutZeros
                return adjustment
            },
            written: { adjustment in
                var adjustment = adjustment
                adjustment.idLength = min(adjustment.idLength, Int32(SpendAdjustmentWriter.idLengthLimit))
                if adjustment.idLength != 16 { (adjustment.idHigh, adjustment.idLow) = (0, 0) }
                adjustment.reason = adjustment.reason.asWritten
                adjustment.reference = adjustment.reference.asWritten
                return adjustment
            })
    }
}

extension WireComparison<CampaignBudget> {
    static var budget: Self {
        WireComparison(
            schema: .campaignBudget,
            read: { bytes in
                var read = CampaignBudget(
                    campaignID: 1, advertiserID: 2, currency: CurrencyCode(rawValue: 3), dailyBudgetNanos: 4,
                    lifetimeBudgetNanos: 5, timeZone: InlineText("left"), startsMilliseconds: 6, endsMilliseconds: 7,
                    version: 8)
                return CampaignBudgetReader.read(bytes, into: &read) ? read : nil
            },
            reference: CampaignBudgetReference.decode,
            encode: CampaignBudgetWriter.encode,
            withoutZeros: { budget in
                var budget = budget
                budget.timeZone = budget.timeZone.withoutZeros
                return budget
            },
            written: { budget in
                var budget = budget
                budget.timeZone = budget.timeZone.asWritten
                return budget
            })
    }
}

extension InlineText {
    fileprivate var withoutZeros: Self {
        guard fits else { return self }
        return bytes.map { $0 == 0 ? 0x3F : $0 }.withUnsafeBytes { InlineText($0) }
    }

    fileprivate var asWritten: Self {
        guard count > SpendAdjustmentWriter.textLimit else { return self }
        return [UInt8](repeating: 0x78, count: SpendAdjustmentWriter.textLimit).withUnsafeBytes { InlineText($0) }
    }
}
