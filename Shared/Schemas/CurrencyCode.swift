/// A currency by its three capitals A to Z (ISO 4217), packed into 24 bits: the first letter is the most
/// significant byte, so codes compare as their texts do.
///
/// A raw value of 0 stands for whatever was not three capitals, an absent field included. That the code is
/// one that ISO has assigned is not checked.
@frozen
public struct CurrencyCode: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public let rawValue: UInt32

    /// Takes any packed bytes, valid or not: a generator of faulty events needs that, and so does a table
    /// that stored the raw value. A reader never makes an invalid value other than 0.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Not three capitals.
    @inlinable public static var none: CurrencyCode { CurrencyCode(rawValue: 0) }

    /// Packs three bytes; 0 unless each is one of A to Z.
    @inlinable
    public init(bytes first: UInt8, _ second: UInt8, _ third: UInt8) {
        let capitals = (first &- 65 < 26) && (second &- 65 < 26) && (third &- 65 < 26)
        rawValue = capitals ? UInt32(first) << 16 | UInt32(second) << 8 | UInt32(third) : 0
    }

    /// Nil unless the text is three of A to Z.
    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 3 else { return nil }
        self.init(bytes: bytes[0], bytes[1], bytes[2])
        guard isValid else { return nil }
    }

    /// Whether this is three of A to Z.
    @inlinable public var isValid: Bool {
        rawValue >> 24 == 0
            && (rawValue >> 16 & 0xFF) &- 65 < 26 && (rawValue >> 8 & 0xFF) &- 65 < 26 && (rawValue & 0xFF) &- 65 < 26
    }

    @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// The three letters; a dash where the value is not valid.
    public var description: String {
        guard isValid else { return "-" }
        return String(unsafeUninitializedCapacity: 3) { buffer in
            buffer[0] = UInt8(truncatingIfNeeded: rawValue >> 16)
            buffer[1] = UInt8(truncatingIfNeeded: rawValue >> 8)
            buffer[2] = UInt8(truncatingIfNeeded: rawValue)
            return 3
        }
    }
}
