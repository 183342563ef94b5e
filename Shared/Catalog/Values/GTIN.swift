/// A Global Trade Item Number: GTIN-8, -12 (UPC), -13 (EAN, ISBN-13) or -14, or an ISBN-10, which becomes an ISBN-13.
///
/// The last digit checks the others (GS1 General Specifications, section 7.9; ISO 2108 for ISBN). Leading zeros do
/// not make a different number: `012345678905` and `0012345678905` are the same product. The canonical form is the
/// shortest of 8, 12, 13 and 14 digits that holds the number.
@frozen public struct GTIN: Sendable, Hashable {
    /// All digits as a number: what equal products share.
    public let number: UInt64

    /// Spaces and hyphens are ignored.
    public init(parsing text: Span<UInt8>) throws(ValueFault) {
        var number: UInt64 = 0
        var digits = 0
        var weighted = 0
        // ISO 2108: weights 10 down to 1, modulo 11.
        var isbn = 0
        var endsInX = false
        for index in 0..<text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "-") || byte.isSpace { continue }
            guard !endsInX else { throw .notDigits }
            if byte.lowercased == UInt8(ascii: "x"), digits == 9 {
                endsInX = true
                digits += 1
                isbn += 10
                continue
            }
            guard byte.isDigit else { throw .notDigits }
            let digit = Int(byte &- 0x30)
            digits += 1
            guard digits <= 14 else { throw .wrongDigitCount }
            number = number * 10 + UInt64(digit)
            isbn += (11 - digits) * digit
            // Weighted from the left; whether odd places weigh 1 or 3 depends on the count, which is known at the end.
            weighted += digit << (digits & 1 == 0 ? 0 : 16)
        }
        guard digits > 0 else { throw .empty }
        if digits == 10 {
            guard isbn % 11 == 0 else { throw .wrongCheckDigit }
            self.number = GTIN.isbn13(endsInX ? number : number / 10)
            return
        }
        guard !endsInX else { throw .notDigits }
        guard digits == 8 || (12...14).contains(digits) else { throw .wrongDigitCount }
        let odd = weighted >> 16
        let even = weighted & 0xFFFF
        // The place before the check digit weighs 3.
        let sum = digits & 1 == 0 ? odd * 3 + even : odd + even * 3
        guard sum % 10 == 0 else { throw .wrongCheckDigit }
        guard number > 9 else { throw .notDigits }
        self.number = number
        guard !hasRestrictedPrefix else { throw .restrictedPrefix }
    }

    public init(_ text: String) throws(ValueFault) {
        let bytes = Array(text.utf8)
        self = try GTIN(parsing: bytes.span)
    }

    private static func isbn13(_ nine: UInt64) -> UInt64 {
        var sum = 38
        var rest = nine
        var weight = 3
        for _ in 0..<9 {
            sum += Int(rest % 10) * weight
            rest /= 10
            weight = 4 - weight
        }
        return (978_000_000_000 + nine) * 10 + UInt64((10 - sum % 10) % 10)
    }

    /// GS1 keeps 02 and 20–29 for use within a company and 05 and 98–99 for coupons, of 13 digits.
    private var hasRestrictedPrefix: Bool {
        guard number >= 100_000_000 else { return false }
        let prefix = number % 10_000_000_000_000 / 100_000_000_000
        return prefix == 2 || prefix == 5 || (20...29).contains(prefix) || prefix >= 98
    }

    public var canonical: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func append(to bytes: inout [UInt8]) {
        let width =
            number < 100_000_000
            ? 8 : number < 1_000_000_000_000 ? 12 : number < 10_000_000_000_000 ? 13 : 14
        bytes.append(decimal: Int64(number), width: width)
    }
}
