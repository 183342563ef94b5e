import CProtobufC
import CSluiceSchemas

/// Reads `sluice.ads.v1.AdEvent` by another way: the code that protoc-c generated, over libprotobuf-c.
///
/// It allocates for every event and is here to be compared with, not to be fast. protobuf-c 1.4 departs from
/// Google's rules, and so from `AdEventReader`, in these places:
///
/// - A known field number with another wire type is an error; Google skips the field.
/// - A group is an error; Google skips unknown groups.
/// - Field number 0 is an unknown field; Google has it as an error.
/// - Of a five-byte tag the bits beyond the thirty-second belong to the field number; Google's C++ parser drops them.
/// - A string is a C string and ends at its first zero byte, so "USD" followed by a zero byte reads as USD.
public enum AdEventReference {
    /// Payloads of more bytes are refused before anything is unpacked. A field takes two bytes at least, so this
    /// bounds the number of fields as well, and with it the memory that unpacking may take (some 40 bytes a field).
    /// The schema has no messages inside messages, so there is no depth to limit.
    public static let sizeLimit = 65_536

    /// Reads one event.
    ///
    /// - Returns: nil where protobuf-c refuses the bytes, where there are more of them than `sizeLimit`, or where
    ///   memory ran out.
    public static func decode(_ bytes: [UInt8]) -> AdEvent? {
        guard bytes.count <= sizeLimit else { return nil }
        let unpacked = bytes.withUnsafeBufferPointer { buffer in
            sluice__ads__v1__ad_event__unpack(nil, buffer.count, buffer.baseAddress)
        }
        guard let unpacked else { return nil }
        defer { sluice__ads__v1__ad_event__free_unpacked(unpacked, nil) }
        return convert(unpacked.pointee)
    }

    private static func convert(_ message: Sluice__Ads__V1__AdEvent) -> AdEvent {
        let id = ReferenceFields.id(message.event_id)
        var event = AdEvent(
            idHigh: id.high, idLow: id.low,
            idLength: Int32(truncatingIfNeeded: message.event_id.len),
            eventTimeMilliseconds: message.event_time_ms,
            advertiserID: message.advertiser_id,
            campaignID: message.campaign_id,
            adGroupID: message.ad_group_id,
            adID: message.ad_id,
            type: raw(message.type),
            pricing: raw(message.pricing),
            priceMicros: message.price_micros,
            currency: ReferenceFields.currency(message.currency),
            placement: message.placement,
            userHash: message.user_hash,
            invalidReason: message.invalid_reason
        )
        if let country = message.country.map({ Array(String(cString: $0).utf8) }),
            country.count == 2, country.allSatisfy({ (65...90).contains($0) })
        {
            event.country = UInt16(country[0]) << 8 | UInt16(country[1])
        }
        return event
    }

    /// protobuf-c stores whatever number came, also one that is no case of its enum.
    private static func raw(_ type: Sluice__Ads__V1__EventType) -> Int32 { Int32(bitPattern: type.rawValue) }
    private static func raw(_ pricing: Sluice__Ads__V1__PricingModel) -> Int32 { Int32(bitPattern: pricing.rawValue) }
}
