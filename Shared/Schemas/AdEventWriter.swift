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
        if event.currency.rawValue != 0 {
            let packed = event.currency.rawValue
            pen.bytes(0x52, 3, UInt8(truncatingIfNeeded: packed >> 16), UInt8(truncatingIfNeeded: packed >> 8))
            pen.byte(UInt8(truncatingIfNeeded: packed))
        }
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

/// A place in memory that is written to. The caller has made room.
private struct WirePen {
    var place: UnsafeMutableRawPointer

    init(_ start: UnsafeMutableRawPointer) { place = start }

    @inline(__always)
    mutating func byte(_ value: UInt8) {
        place.storeBytes(of: value, as: UInt8.self)
        place += 1
    }

    @inline(__always)
    mutating func bytes(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        let packed = UInt32(a) | UInt32(b) << 8 | UInt32(c) << 16 | UInt32(d) << 24
        place.storeBytes(of: packed.littleEndian, as: UInt32.self)
        place += 4
    }

    @inline(__always)
    mutating func word(_ value: UInt64) {
        place.storeBytes(of: value, as: UInt64.self)
        place += 8
    }

    /// A field whose value is not 0. Negative numbers take ten bytes.
    @inline(__always)
    mutating func varint(_ tag: UInt8, _ value: Int64) {
        guard value != 0 else { return }
        byte(tag)
        var rest = UInt64(bitPattern: value)
        while rest >= 0x80 {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(truncatingIfNeeded: rest))
    }

    mutating func id(_ high: UInt64, _ low: UInt64, length: Int) {
        byte(0x0A)
        byte(UInt8(length))
        if length == 16 {
            word(high.bigEndian)
            word(low.bigEndian)
            return
        }
        for index in 0..<length {
            switch index {
            case 0..<8: byte(UInt8(truncatingIfNeeded: high >> (56 - 8 * index)))
            case 8..<16: byte(UInt8(truncatingIfNeeded: low >> (120 - 8 * index)))
            default: byte(0)
            }
        }
    }
}
