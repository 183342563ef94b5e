/// An amount of a currency, exact.
///
/// A feed writes it as a number with the code of ISO 4217 behind it (Google, Pinterest: `9.99 EUR`) or in front of it
/// (`EUR 9.99`), with a decimal point or a decimal comma. The canonical form is the number with a decimal point and
/// at least the currency's decimals (four where three could be thousands), a space, the code: `9.99 EUR`, `1200 JPY`.
@frozen public struct Money: Sendable, Hashable {
    /// Millionths of the currency's unit; never negative.
    public let micros: Int64
    public let currency: Currency

    public init(micros: Int64, currency: Currency) {
        self.micros = micros
        self.currency = currency
    }

    /// - Parameter assumed: The currency of an amount that names none, such as the feed's default.
    public init(parsing text: Span<UInt8>, assumed: Currency? = nil) throws(ValueFault) {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw .empty }
        var start = trimmed.lowerBound
        var end = trimmed.upperBound
        var currency: Currency?
        if text[end - 1].isLetter {
            let letters = Money.letters(text, before: end)
            guard let found = Currency(parsing: text.extracting(letters..<end)) else { throw .currencyUnknown }
            currency = found
            end = letters
        } else if text[start].isLetter {
            var letters = start
            while letters < end, text[letters].isLetter { letters += 1 }
            guard let found = Currency(parsing: text.extracting(start..<letters)) else { throw .currencyUnknown }
            currency = found
            start = letters
        }
        while start < end, text[start].isSpace { start += 1 }
        while end > start, text[end - 1].isSpace { end -= 1 }
        if currency == nil {
            (currency, start, end) = try Money.sign(text, start, end, assumed)
        }
        guard start < end else { throw .notANumber }
        if text[start] == UInt8(ascii: "-") { throw .negative }
        if text[start] == UInt8(ascii: "+") { start += 1 }
        guard let currency = currency ?? assumed else {
            // Whether it is a number at all is the better message.
            _ = try DecimalReader.micros(text.extracting(start..<end), single: .decimals)
            throw .currencyMissing
        }
        let single: DecimalReader.SingleSeparator =
            switch currency.digits {
            case 0: .thousands
            case 3...: .decimals
            default: currency.groupsByComma ? .commaThousands : .ambiguous
            }
        self.micros = try DecimalReader.micros(text.extracting(start..<end), single: single)
        self.currency = currency
    }

    public init(_ text: String, assumed: Currency? = nil) throws(ValueFault) {
        let bytes = Array(text.utf8)
        self = try Money(parsing: bytes.span, assumed: assumed)
    }

    private static func letters(_ text: Span<UInt8>, before end: Int) -> Int {
        var index = end
        while index > 0, text[index - 1].isLetter { index -= 1 }
        return index
    }

    /// The currency of a sign before or after the number. Only signs of one currency are taken; a dollar or a yen
    /// needs to be the assumed currency.
    private static func sign(
        _ text: Span<UInt8>, _ start: Int, _ end: Int, _ assumed: Currency?
    ) throws(ValueFault) -> (Currency?, Int, Int) {
        for (sign, codes) in signs {
            let count = sign.utf8CodeUnitCount
            guard end - start > count else { continue }
            var found: (Int, Int)?
            if text.extracting(start..<start + count).equalsIgnoringCase(sign) { found = (start + count, end) }
            if text.extracting(end - count..<end).equalsIgnoringCase(sign) { found = (start, end - count) }
            guard var (start, end) = found else { continue }
            while start < end, text[start].isSpace { start += 1 }
            while end > start, text[end - 1].isSpace { end -= 1 }
            if codes.count == 1 { return (codes[0], start, end) }
            guard let assumed, codes.contains(assumed) else { throw .currencySymbolAmbiguous }
            return (assumed, start, end)
        }
        return (nil, start, end)
    }

    private static let signs: [(StaticString, [Currency])] = [
        ("€", [Currency("EUR")!]),
        ("£", [Currency("GBP")!]),
        ("$", ["USD", "CAD", "AUD", "NZD", "MXN", "SGD", "HKD"].map { Currency($0)! }),
        ("¥", ["JPY", "CNY"].map { Currency($0)! }),
    ]

    /// Such as `9.99 EUR`.
    public var canonical: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func append(to bytes: inout [UInt8]) {
        // Three decimals could be read as thousands; a fourth one makes the form its own.
        let isAmbiguous = currency.digits < 3 && micros % 1_000 == 0 && micros % 10_000 != 0
        DecimalReader.append(micros: micros, minimumDecimals: isAmbiguous ? 4 : currency.digits, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        currency.append(to: &bytes)
    }
}
