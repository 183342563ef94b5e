/// Reads `sluice.ads.v1.AdEvent` from its wire format in place: no allocation, no copy of the bytes.
///
/// The rules are Google's, as its C++ parser has them (protobuf.dev, "Encoding", and that parser's behaviour
/// where the text is silent); where Google's own parsers differ among themselves, Tests/SchemasTests/Corpus/README.md
/// has the list.
///
/// - A field that the schema does not know is skipped, and so is a known field number that comes with another
///   wire type. Of a field that comes more than once the last counts.
/// - A group is skipped with its matching end, at most `WireCursor.groupLimit` deep. An end without its start, or
///   of another field number, is an error.
/// - A tag has at most 5 bytes, of which the low 32 bits count. Field number 0 and the wire types 6 and 7 are
///   errors.
/// - Any other varint has at most 10 bytes, of which the low 64 bits count; int32 and enum fields take the low 32
///   bits of those.
/// - A length has at most 5 bytes and is below 2^31 - 16. What ends beyond the payload is an error.
/// - UTF-8 is not checked: what is not a currency or a country comes out as 0.
public enum AdEventReader {
    /// Reads one event.
    ///
    /// No bytes at all are an event whose fields are all 0: whether that is acceptable is for the caller to say.
    ///
    /// - Parameters:
    ///   - bytes: the payload.
    ///   - event: what was read; unspecified where the answer is false.
    /// - Returns: whether the bytes decode.
    @inlinable
    public static func read(_ bytes: UnsafeRawBufferPointer, into event: inout AdEvent) -> Bool {
        event = AdEvent()
        guard let start = bytes.baseAddress else { return true }
        var cursor = WireCursor(start, count: bytes.count)
        while cursor.hasMore {
            guard let tag = cursor.tag() else { return false }
            let read =
                switch tag {
                case 0x0A: cursor.id(&event.idHigh, &event.idLow, length: &event.idLength)
                case 0x10: cursor.int64(&event.eventTimeMilliseconds)
                case 0x18: cursor.int64(&event.advertiserID)
                case 0x20: cursor.int64(&event.campaignID)
                case 0x28: cursor.int64(&event.adGroupID)
                case 0x30: cursor.int64(&event.adID)
                case 0x38: cursor.int32(&event.type)
                case 0x40: cursor.int32(&event.pricing)
                case 0x48: cursor.int64(&event.priceMicros)
                case 0x52: cursor.currency(&event.currency)
                case 0x58: cursor.int32(&event.placement)
                case 0x62: readCountry(&cursor, &event)
                case 0x69: cursor.fixed64(&event.userHash)
                case 0x70: cursor.int32(&event.invalidReason)
                default: cursor.skip(tag)
                }
            guard read else { return false }
        }
        return true
    }

    @inlinable
    @inline(__always)
    static func readCountry(_ cursor: inout WireCursor, _ event: inout AdEvent) -> Bool {
        guard let bytes = cursor.lengthDelimited() else { return false }
        event.country = 0
        if bytes.count == 2, bytes[0] &- 65 < 26, bytes[1] &- 65 < 26 {
            event.country = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        }
        return true
    }
}
