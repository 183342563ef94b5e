/// Reads a decimal number exactly, in millionths.
///
/// A point or a comma may separate decimals or thousands. Which one it is follows from the number alone where that is
/// possible: two different separators (the last one is the decimal point), one that is repeated (thousands), one that
/// three digits do not follow (decimal point), a zero in front of it (decimal point). A single one with three digits
/// behind it is ambiguous, and the caller says what it means.
enum DecimalReader {
    /// What a single separator before exactly three digits means.
    enum SingleSeparator { case ambiguous, thousands, decimals, commaThousands }

    static func micros(
        _ text: Span<UInt8>, single: SingleSeparator
    ) throws(ValueFault) -> Int64 {
        guard !text.isEmpty else { throw .notANumber }
        let point = try decimalPoint(text, single)
        var whole: Int64 = 0
        var fraction: Int64 = 0
        var decimals = 0
        var digits = 0
        for index in 0..<text.count {
            let byte = text[index]
            guard byte.isDigit else { continue }
            digits += 1
            let digit = Int64(byte &- 0x30)
            if index > point {
                if decimals < 6 {
                    fraction = fraction * 10 + digit
                    decimals += 1
                } else if digit != 0 {
                    throw .tooPrecise
                }
            } else {
                whole = whole * 10 + digit
                // 10^12 units: more is no price and no size, and stays clear of Int64's end in millionths.
                guard whole <= 1_000_000_000_000 else { throw .outOfRange }
            }
        }
        guard digits > 0 else { throw .notANumber }
        while decimals < 6 {
            fraction *= 10
            decimals += 1
        }
        return whole * 1_000_000 + fraction
    }

    /// Where the decimal point is; the end where there is none.
    private static func decimalPoint(_ text: Span<UInt8>, _ single: SingleSeparator) throws(ValueFault) -> Int {
        var points = 0
        var commas = 0
        var others = 0
        var lastPoint = -1
        var lastComma = -1
        var index = 0
        while index < text.count {
            switch text[index] {
            case 0x30...0x39: break
            case UInt8(ascii: "."):
                points += 1
                lastPoint = index
            case UInt8(ascii: ","):
                commas += 1
                lastComma = index
            case UInt8(ascii: "'"), UInt8(ascii: " "):
                others += 1
            default: throw .notANumber
            }
            index += 1
        }
        if points == 0, commas == 0 {
            if others > 0 { try checkGroups(text, end: text.count) }
            return text.count
        }
        let last = max(lastPoint, lastComma)
        let ofLast = lastPoint > lastComma ? points : commas
        if points > 0, commas > 0 {
            guard ofLast == 1 else { throw .badGrouping }
            try checkGroups(text, end: last)
            return last
        }
        if ofLast > 1 {
            guard others == 0 else { throw .badGrouping }
            try checkGroups(text, end: text.count)
            return text.count
        }
        if others > 0 { try checkGroups(text, end: last) }
        guard others == 0, text.count - last - 1 == 3, last > 0, !(last == 1 && text[0] == 0x30), last <= 3 else {
            return last
        }
        switch single {
        case .decimals: return last
        case .commaThousands:
            guard lastComma > lastPoint else { throw .ambiguousSeparator }
            return text.count
        case .thousands: return text.count
        case .ambiguous: throw .ambiguousSeparator
        }
    }

    /// One kind of separator, up to the decimal point: one to three digits, then groups of three.
    private static func checkGroups(_ text: Span<UInt8>, end: Int) throws(ValueFault) {
        var group = 0
        var isFirst = true
        var separator: UInt8 = 0
        for index in 0..<end {
            let byte = text[index]
            if byte.isDigit {
                group += 1
                continue
            }
            guard separator == 0 || separator == byte else { throw .badGrouping }
            separator = byte
            guard isFirst ? (1...3).contains(group) : group == 3 else { throw .badGrouping }
            isFirst = false
            group = 0
        }
        guard isFirst || group == 3 else { throw .badGrouping }
    }

    /// Appends millionths as a decimal number, with at least so many decimals and no more than it needs.
    static func append(micros: Int64, minimumDecimals: Int, to bytes: inout [UInt8]) {
        bytes.append(decimal: micros / 1_000_000)
        var fraction = micros % 1_000_000
        var decimals = 6
        while decimals > minimumDecimals, fraction % 10 == 0 {
            fraction /= 10
            decimals -= 1
        }
        guard decimals > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(decimal: fraction, width: decimals)
    }
}
