/// Free text, numbers, countries: values that have little form.
enum TextReader {
    /// Appends text without white space around it and with single spaces in it. A control character counts as white
    /// space.
    @inline(__always)
    static func append(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        let trimmed = text.trimmed
        var index = trimmed.lowerBound
        let end = trimmed.upperBound
        while index < end {
            // A run up to white space that has to change: anything but one space before something else.
            var runEnd = index
            while runEnd < end {
                let byte = text[runEnd]
                if byte <= 0x20, byte != 0x20 || text[runEnd + 1] <= 0x20 { break }
                runEnd += 1
            }
            bytes.append(text.extracting(index..<runEnd))
            guard runEnd < end else { return }
            bytes.append(0x20)
            while text[runEnd] <= 0x20 { runEnd += 1 }
            index = runEnd
        }
    }

    /// A whole number that is not negative, below 10^15; a fraction of zeros, as spreadsheets write it, is allowed.
    static func integer(_ text: Span<UInt8>) throws(ValueFault) -> Int64 {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw .empty }
        if text[trimmed.lowerBound] == UInt8(ascii: "-") { throw .negative }
        var value: Int64 = 0
        var index = trimmed.lowerBound
        while index < trimmed.upperBound, text[index].isDigit {
            value = value * 10 + Int64(text[index] &- 0x30)
            guard value < 1_000_000_000_000_000 else { throw .outOfRange }
            index += 1
        }
        guard index > trimmed.lowerBound else { throw .notANumber }
        if index < trimmed.upperBound, text[index] == UInt8(ascii: ".") {
            index += 1
            while index < trimmed.upperBound, text[index] == UInt8(ascii: "0") { index += 1 }
        }
        guard index == trimmed.upperBound else { throw .notANumber }
        return value
    }

    /// An address that opens an app, such as `example-shop://item/1`: a scheme, a colon, something, no white space.
    static func deepLink(_ text: Span<UInt8>) throws(ValueFault) -> Range<Int> {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw .empty }
        let value = text.extracting(trimmed)
        guard let colon = value.first(of: UInt8(ascii: ":")), WebAddress.hasScheme(value), colon + 1 < value.count
        else { throw .schemeMissing }
        for index in 0..<value.count where value[index] <= 0x20 {
            throw value[index] == 0x20 ? .hasSpace : .hasControl
        }
        return trimmed
    }
}
