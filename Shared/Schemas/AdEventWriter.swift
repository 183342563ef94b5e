/// Writes `sluice.ads.v1.AdEvent` in its wire format: fields in the order of their numbers, those that are 0 left
/// out, as every proto3 encoder does it. The bytes are those that the generated code writes.
public enum AdEventWriter {
    /// The longest `event_id` that is written. Ids of other lengths than 16 exist to make faulty records.
    public static let idLengthLimit = 64

    /// The most bytes that one event can take: every varint at its ten bytes.
    static let sizeLimit = 2 + idLengthLimit + 11 * 11 + 5 + 4 + 9

    /// Appends one event.
    ///
    /// An id whose `idLength` is not 16 is written with that many bytes, up to `idLengthLimit`: those of `idHigh`
    /// and `idLow`, then zeros. A currency or a country that is not 0 is written with its packed bytes, valid or
    /// not.
    ///
    /// - Returns: how many bytes were written.
    @discardableResult
    public static func append(_ event: AdEvent, to buffer: inout ByteBuffer) -> Int {
        buffer.reserve(sizeLimit)
        let before = buffer.start + buffer.count
        var pen = WirePen(before)
        if event.idLength > 0 {
            pen.id(event.idHigh, event.idLow, length: min(Int(event.idLength), idLengthLimit))
        }
        pen.varint(0x10, event.eventTimeMilliseconds)
        pen.varint(0x18, event.advertiserID)
        pen.varint(0x20, event.campaignID)
        pen.varint(0x28, event.adGroupID)
        pen.varint(0x30, event.adID)
        pen.varint(0x38, Int64(event.type))
        pen.varint(0x40, Int64(event.pricing))
        pen.varint(0x48, event.priceMicros)
        pen.currency(0x52, event.currency)
        pen.varint(0x58, Int64(event.placement))
        if event.country != 0 {
            pen.bytes(0x62, 2, UInt8(truncatingIfNeeded: event.country >> 8), UInt8(truncatingIfNeeded: event.country))
        }
        if event.userHash != 0 {
            pen.byte(0x69)
            pen.word(event.userHash.littleEndian)
        }
        pen.varint(0x70, Int64(event.invalidReason))
        let written = UnsafeRawPointer(pen.place) - UnsafeRawPointer(before)
        buffer.count += written
        return written
    }

    /// One event's bytes in an array of their own.
    public static func encode(_ event: AdEvent) -> [UInt8] {
        var buffer = ByteBuffer(capacity: sizeLimit)
        append(event, to: &buffer)
        return Array(buffer.bytes)
    }
}
