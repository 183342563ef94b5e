/// PostgreSQL's binary form of `numeric` (`numeric_recv`) for whole numbers: four 16-bit fields (number of digits,
/// weight of the first one, sign, decimals shown), then the digits, base 10,000, the most significant first.
extension BinaryArrayBuilder where Element == PostgresElement.Numeric {
    /// Appends a whole number, exactly: the whole range of Int128 (39 decimal digits).
    @inlinable
    public mutating func append(_ value: Int128) {
        let magnitude = value.magnitude
        // Ten digits of base 10,000 hold the 39 decimal digits of an Int128.
        var digits = InlineArray<10, UInt16>(repeating: 0)
        var digitCount = 0
        if magnitude <= UInt128(UInt64.max) {
            var rest = UInt64(truncatingIfNeeded: magnitude)
            while rest != 0 {
                digits[digitCount] = UInt16(truncatingIfNeeded: rest % 10_000)
                rest /= 10_000
                digitCount += 1
            }
        } else {
            // Division of 128 bits is slow: by 10^16, so that four digits at a time are cut in 64 bits.
            var rest = magnitude
            while rest != 0 {
                let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10_000_000_000_000_000)
                rest = quotient
                var group = UInt64(truncatingIfNeeded: remainder)
                for _ in 0..<4 where digitCount < 10 {
                    digits[digitCount] = UInt16(truncatingIfNeeded: group % 10_000)
                    group /= 10_000
                    digitCount += 1
                }
            }
            while digitCount > 0, digits[digitCount - 1] == 0 { digitCount -= 1 }
        }
        appendNumeric(digits, count: digitCount, isNegative: value < 0)
    }

    @inlinable
    public mutating func append(_ value: Int64) { append(Int128(value)) }

    /// - Parameters:
    ///   - digits: base 10,000, the least significant first.
    ///   - count: how many of them, without leading zeros.
    @usableFromInline
    mutating func appendNumeric(_ digits: InlineArray<10, UInt16>, count: Int, isNegative: Bool) {
        // Zeros at the end are left out; the weight tells how many there are.
        var last = 0
        while last < count, digits[last] == 0 { last += 1 }
        let sent = count - last
        let element = reserve(4 + 8 + 2 * sent)
        Self.store(Int32(truncatingIfNeeded: 8 + 2 * sent), at: element)
        Self.store(UInt16(truncatingIfNeeded: sent), at: element + 4)
        Self.store(Int16(truncatingIfNeeded: max(count - 1, 0)), at: element + 6)
        Self.store(isNegative ? 0x4000 : 0 as UInt16, at: element + 8)
        Self.store(0 as UInt16, at: element + 10)
        var place = element + 12
        var index = count
        while index > last {
            index -= 1
            Self.store(digits[index], at: place)
            place += 2
        }
    }
}
