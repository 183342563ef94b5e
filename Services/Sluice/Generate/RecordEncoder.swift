import Schemas

/// Turns generated records into payload bytes, damaged where the record says so.
struct RecordEncoder: ~Copyable {
    private var buffer = ByteBuffer(capacity: 512)

    /// The payload of a record, as it is sent.
    ///
    /// - Parameter body: is given the bytes, which are valid during the call only; nil for a null payload.
    mutating func withPayload<Answer>(
        of record: GeneratedRecord, _ body: (UnsafeRawBufferPointer?) throws -> Answer
    ) rethrows -> Answer {
        buffer.removeAll()
        switch record.payload {
        case .null: return try body(nil)
        case .empty: break
        case .event: appendEvent(record.event)
        case .undecodable(let damage): appendDamaged(record.event, damage)
        }
        return try body(buffer.bytes)
    }

    private mutating func appendEvent(_ model: AdEventModel) {
        let currency = Array(model.currency.utf8)
        let isPacked = currency.count == 3
        let country = Array(model.country.utf8)
        let event = AdEvent(
            idHigh: model.idHigh, idLow: model.idLow, idLength: Int32(model.idByteCount),
            eventTimeMilliseconds: model.eventTimeMilliseconds,
            advertiserID: model.advertiser, campaignID: model.campaign, adGroupID: model.adGroup, adID: model.ad,
            type: model.type, pricing: model.pricing, priceMicros: model.priceMicros,
            currency: isPacked ? Self.packed(currency) : .none,
            placement: model.placement,
            country: country.count == 2 ? UInt16(country[0]) << 8 | UInt16(country[1]) : 0,
            userHash: model.userHash, invalidReason: model.invalidReason)
        AdEventWriter.append(event, to: &buffer)
        if !isPacked, !currency.isEmpty {
            // The writer knows codes of three letters only; fields may come in any order.
            append([0x52, UInt8(currency.count)] + currency)
        }
    }

    private mutating func appendDamaged(_ model: AdEventModel, _ damage: PayloadModel.Damage) {
        switch damage {
        case .truncated: append([0x0A, 16] + model.idBytes.prefix(7))
        case .endlessVarint: append([UInt8](repeating: 0xFF, count: 11))
        case .fieldZero:
            append([0x00, 0x01])
            appendEvent(model)
        case .unknownWireType:
            appendEvent(model)
            append([15 << 3 | 6, 0x00])
        case .groupEnd:
            appendEvent(model)
            append([15 << 3 | 4])
        case .json:
            // As protobuf: a group of field 15, and in it field 4 with a length of 101 bytes, which do not follow.
            append(Array(#"{"event":"impression"}"#.utf8))
        }
    }

    private mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { buffer.append($0) } }

    private static func packed(_ letters: [UInt8]) -> CurrencyCode {
        CurrencyCode(rawValue: UInt32(letters[0]) << 16 | UInt32(letters[1]) << 8 | UInt32(letters[2]))
    }
}
