/// PostgreSQL's text form of values, read without making strings.
enum TextFormat {
    /// A decimal number with an optional minus sign; nil for anything else and for what does not fit.
    static func integer<T: FixedWidthInteger>(_ text: some Sequence<UInt8>) -> T? {
        var value: T = 0
        var isNegative = false
        var digitCount = 0
        for (index, byte) in text.enumerated() {
            if index == 0, byte == UInt8(ascii: "-") {
                isNegative = true
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let digit = T(truncatingIfNeeded: byte - UInt8(ascii: "0"))
            let (tens, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (next, overflowedToo) =
                isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            guard !overflowed, !overflowedToo else { return nil }
            value = next
            digitCount += 1
        }
        return digitCount > 0 ? value : nil
    }

    /// `\x` and two hexadecimal digits a byte.
    static func bytea(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count >= 2, text.count % 2 == 0, text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x") else {
            return nil
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2 - 1)
        for index in stride(from: 2, to: text.count, by: 2) {
            guard let high = hexadecimal(text[index]), let low = hexadecimal(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// `{1,2,3}`.
    static func int64Array(_ text: UnsafeRawBufferPointer) -> [Int64]? {
        guard text.count >= 2, text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}") else { return nil }
        guard text.count > 2 else { return [] }
        var values: [Int64] = []
        for element in text.dropFirst().dropLast().split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        {
            guard let value: Int64 = integer(element) else { return nil }
            values.append(value)
        }
        return values
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
