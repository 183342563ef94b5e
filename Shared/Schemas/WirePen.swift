/// A place in memory that is written to. The caller has made room.
struct WirePen {
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
        varint(UInt64(bitPattern: value))
    }

    /// A sint64 field whose value is not 0.
    mutating func zigzag(_ tag: UInt8, _ value: Int64) {
        guard value != 0 else { return }
        byte(tag)
        varint(UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    @inline(__always)
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            byte(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        byte(UInt8(truncatingIfNeeded: rest))
    }

    /// An id as field 1 of its message.
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

    /// A currency that is not 0, by its packed bytes, valid or not.
    @inline(__always)
    mutating func currency(_ tag: UInt8, _ code: CurrencyCode) {
        guard code.rawValue != 0 else { return }
        let packed = code.rawValue
        bytes(tag, 3, UInt8(truncatingIfNeeded: packed >> 16), UInt8(truncatingIfNeeded: packed >> 8))
        byte(UInt8(truncatingIfNeeded: packed))
    }

    /// A text that is not empty. Of one that did not fit its place only the length is known: so many letters x are
    /// written, at most `faultyTextLimit`.
    mutating func text<let capacity: Int>(_ tag: UInt8, _ text: InlineText<capacity>) {
        guard !text.isEmpty else { return }
        byte(tag)
        if text.fits {
            varint(UInt64(text.count))
            text.withBytes { copy($0) }
        } else {
            let count = min(text.count, Self.faultyTextLimit)
            varint(UInt64(count))
            place.initializeMemory(as: UInt8.self, repeating: 0x78, count: count)
            place += count
        }
    }

    /// The most bytes that are written of a text; those that are longer than their place exist to make faulty records.
    static let faultyTextLimit = 1024

    /// A text that is not empty.
    mutating func string(_ tag: UInt8, _ text: String) {
        guard !text.isEmpty else { return }
        var text = text
        text.withUTF8 { bytes in
            byte(tag)
            varint(UInt64(bytes.count))
            copy(UnsafeRawBufferPointer(bytes))
        }
    }

    mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        place.copyMemory(from: source, byteCount: bytes.count)
        place += bytes.count
    }
}
