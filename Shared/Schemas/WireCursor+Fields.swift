/// Fields that several messages have.
extension WireCursor {
    /// A sint64: a varint that spells small negative numbers as short as small positive ones.
    @inlinable
    @inline(__always)
    mutating func sint64(_ value: inout Int64) -> Bool {
        guard let raw = varint() else { return false }
        value = Int64(bitPattern: raw &>> 1) ^ -Int64(bitPattern: raw & 1)
        return true
    }

    /// An id of 16 bytes as two words, the first byte the most significant. Of any other length: that length, and
    /// zeros.
    @inlinable
    @inline(__always)
    mutating func id(_ high: inout UInt64, _ low: inout UInt64, length: inout Int32) -> Bool {
        guard let bytes = lengthDelimited() else { return false }
        length = Int32(truncatingIfNeeded: bytes.count)
        if bytes.count == 16 {
            high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
            low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        } else {
            high = 0
            low = 0
        }
        return true
    }

    /// A currency; none where the bytes are not three of A to Z.
    @inlinable
    @inline(__always)
    mutating func currency(_ code: inout CurrencyCode) -> Bool {
        guard let bytes = lengthDelimited() else { return false }
        code = bytes.count == 3 ? CurrencyCode(bytes: bytes[0], bytes[1], bytes[2]) : .none
        return true
    }

    /// A short text. Of one that does not fit the length is kept.
    mutating func text<let capacity: Int>(_ text: inout InlineText<capacity>) -> Bool {
        guard let bytes = lengthDelimited() else { return false }
        text = InlineText(bytes)
        return true
    }

    /// A text of any length; what is not UTF-8 is replaced.
    mutating func string(_ text: inout String) -> Bool {
        guard let bytes = lengthDelimited() else { return false }
        text = String(decoding: bytes, as: UTF8.self)
        return true
    }
}
