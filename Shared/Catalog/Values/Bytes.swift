// What the readers of values need of bytes. All of it works on UTF-8 and looks at ASCII only: every byte of a longer
// scalar is 0x80 or above and is never taken for a separator.

extension Array where Element == UInt8 {
    /// Appends what a span covers.
    @inline(__always)
    mutating func append(_ span: Span<UInt8>) {
        span.withUnsafeBufferPointer { append(contentsOf: $0) }
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a number in decimal digits, with zeros in front up to a width.
    mutating func append(decimal value: Int64, width: Int = 1) {
        var magnitude = value.magnitude
        if value < 0 { append(UInt8(ascii: "-")) }
        let start = count
        repeat {
            append(UInt8(ascii: "0") + UInt8(magnitude % 10))
            magnitude /= 10
        } while magnitude > 0
        while count - start < width { append(UInt8(ascii: "0")) }
        self[start...].reverse()
    }
}

extension Span where Element == UInt8 {
    var array: [UInt8] { withUnsafeBufferPointer { Array<UInt8>($0) } }

    /// As text; what is not UTF-8 is replaced.
    var text: String { withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }

    /// The part without white space or control characters around it.
    @inline(__always)
    var trimmed: Range<Int> {
        var start = 0
        var end = count
        while start < end, self[start] <= 0x20 { start += 1 }
        while end > start, self[end - 1] <= 0x20 { end -= 1 }
        return start..<end
    }

    @inline(__always)
    func first(of byte: UInt8, from start: Int = 0) -> Int? {
        var index = start
        while index < count {
            if self[index] == byte { return index }
            index += 1
        }
        return nil
    }

    /// Compared with lower-case ASCII, whatever the capitals of this.
    @inline(__always)
    func equalsIgnoringCase(_ lower: StaticString) -> Bool {
        count == lower.utf8CodeUnitCount && hasPrefixIgnoringCase(lower)
    }

    @inline(__always)
    func hasPrefixIgnoringCase(_ lower: StaticString) -> Bool {
        let length = lower.utf8CodeUnitCount
        guard count >= length else { return false }
        let other = lower.utf8Start
        for index in 0..<length where self[index].lowercased != other[index] { return false }
        return true
    }

    func equalsExactly(_ other: StaticString) -> Bool {
        guard count == other.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != other.utf8Start[index] { return false }
        return true
    }

    @inline(__always)
    func equals(_ other: borrowing Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }

    /// How many Unicode scalars: bytes that do not continue one.
    @inline(__always)
    var scalarCount: Int {
        var continuing = 0
        for index in 0..<count where self[index] & 0xC0 == 0x80 { continuing += 1 }
        return count - continuing
    }

    var isASCII: Bool {
        var all: UInt8 = 0
        for index in 0..<count { all |= self[index] }
        return all < 0x80
    }

    /// FNV-1a with a last mixing step, of 64 bits: for tables within this process.
    @inline(__always)
    var hash64: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for index in 0..<count {
            hash ^= UInt64(self[index])
            hash = hash &* 0x100_0000_01B3
        }
        hash ^= hash >> 32
        hash = hash &* 0xD6E8_FEB8_6659_FD93
        return hash ^ (hash >> 32)
    }
}

extension UInt8 {
    /// Space, tab and the ends of lines.
    @inline(__always) var isSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
    @inline(__always) var isDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    @inline(__always) var lowercased: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }
    @inline(__always) var uppercased: UInt8 { self &- 0x61 < 26 ? self & 0xDF : self }
}
