import Schemas

/// The fields of an `AdEvent` as a vector names them, with room for what is no valid event: ids of any length,
/// currencies and countries of any text. Its payload is written here and not by `AdEventWriter`, so that neither can
/// hide the other's mistake.
public struct ContractEvent: Sendable, Hashable {
    public var eventID: [UInt8] = []
    public var eventTimeMilliseconds: Int64 = 0
    public var advertiserID: Int64 = 0
    public var campaignID: Int64 = 0
    public var adGroupID: Int64 = 0
    public var adID: Int64 = 0
    public var type: Int32 = 0
    public var pricing: Int32 = 0
    public var priceMicros: Int64 = 0
    public var currency = ""
    public var placement: Int32 = 0
    public var country = ""
    public var userHash: UInt64 = 0
    public var invalidReason: Int32 = 0

    public init() {}

    /// The event on the wire: fields in the order of their numbers, those that are 0 or empty left out.
    public var payload: [UInt8] {
        Self.delimited(1, eventID)
            + Self.varint(2, eventTimeMilliseconds)
            + Self.varint(3, advertiserID)
            + Self.varint(4, campaignID)
            + Self.varint(5, adGroupID)
            + Self.varint(6, adID)
            + Self.varint(7, Int64(type))
            + Self.varint(8, Int64(pricing))
            + Self.varint(9, priceMicros)
            + Self.delimited(10, Array(currency.utf8))
            + Self.varint(11, Int64(placement))
            + Self.delimited(12, Array(country.utf8))
            + (userHash == 0 ? [] : [13 << 3 | 1] + (0..<8).map { UInt8(truncatingIfNeeded: userHash >> ($0 * 8)) })
            + Self.varint(14, Int64(invalidReason))
    }

    /// What a decoder must make of the payload.
    public var decoded: AdEvent {
        var event = AdEvent(
            idLength: Int32(eventID.count), eventTimeMilliseconds: eventTimeMilliseconds,
            advertiserID: advertiserID, campaignID: campaignID, adGroupID: adGroupID, adID: adID,
            type: type, pricing: pricing, priceMicros: priceMicros, currency: CurrencyCode(currency) ?? .none,
            placement: placement, userHash: userHash, invalidReason: invalidReason
        )
        if eventID.count == 16 {
            event.idHigh = eventID[..<8].reduce(0) { $0 << 8 | UInt64($1) }
            event.idLow = eventID[8...].reduce(0) { $0 << 8 | UInt64($1) }
        }
        let letters = Array(country.utf8)
        if letters.count == 2, letters.allSatisfy({ (0x41...0x5A).contains($0) }) {
            event.country = UInt16(letters[0]) << 8 | UInt16(letters[1])
        }
        return event
    }

    private static func varint(_ number: UInt8, _ value: Int64) -> [UInt8] {
        value == 0 ? [] : [number << 3] + digits(UInt64(bitPattern: value))
    }

    private static func delimited(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        bytes.isEmpty ? [] : [number << 3 | 2] + digits(UInt64(bytes.count)) + bytes
    }

    private static func digits(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + digits(value >> 7)
    }
}
