/// An amount in billionths of its currency, and how it is written: exactly, no digit is rounded away.
struct Nanos: Hashable, Comparable, Sendable {
    static let perUnit: Int128 = 1_000_000_000

    var value: Int128

    init(_ value: Int128) { self.value = value }

    /// A whole number of nanos as a report has it: "-1500". Nil for anything else.
    init?(_ text: String) {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let value = Int128(text) else {
            return nil
        }
        self.value = value
    }

    static func < (a: Self, b: Self) -> Bool { a.value < b.value }

    /// Whatever a row was changed to by hand, a report about it must come out: what no 128 bits hold is the largest they do.
    static func + (a: Self, b: Self) -> Self {
        let (sum, overflow) = a.value.addingReportingOverflow(b.value)
        return Nanos(overflow ? (a.value < 0 ? .min : .max) : sum)
    }
    static func - (a: Self, b: Self) -> Self {
        let (difference, overflow) = a.value.subtractingReportingOverflow(b.value)
        return Nanos(overflow ? (a.value < 0 ? .min : .max) : difference)
    }

    /// Nanos of an amount in units: "100", "100.50", "-0.000000001". Nil for anything else, exponents and separators of
    /// thousands too, and where it has more than nine decimals that are not zeros, or more than 28 digits before the point.
    init?(units text: some StringProtocol) {
        var rest = Substring(text)
        let isNegative = rest.utf8.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, Self.isDigits(whole) else { return nil }
        let significant = whole.drop { $0 == "0" }
        guard significant.utf8.count <= 28, let units = Int128(significant.isEmpty ? "0" : significant) else {
            return nil
        }
        var nanos = units * Self.perUnit
        if parts.count == 2 {
            var decimals = parts[1]
            guard Self.isDigits(decimals) else { return nil }
            while decimals.utf8.count > 9, decimals.last == "0" { decimals.removeLast() }
            guard decimals.utf8.count <= 9,
                let fraction = Int128(decimals + String(repeating: "0", count: 9 - decimals.utf8.count))
            else { return nil }
            nanos += fraction
        }
        value = isNegative ? -nanos : nanos
    }

    /// In units of the currency: "1,234.50", "0.000012": at least two decimals, zeros behind them left out.
    ///
    /// - Parameters:
    ///   - grouped: with a comma at each thousand, for people.
    ///   - signed: with a plus where it is above 0.
    func units(grouped: Bool = true, signed: Bool = false) -> String {
        let magnitude = value.magnitude
        var decimals = String(magnitude % 1_000_000_000)
        decimals = String(repeating: "0", count: 9 - decimals.utf8.count) + decimals
        while decimals.utf8.count > 2, decimals.last == "0" { decimals.removeLast() }
        let whole = String(magnitude / 1_000_000_000)
        let sign = value < 0 ? "-" : signed && value > 0 ? "+" : ""
        return sign + (grouped ? Self.grouped(whole) : whole) + "." + decimals
    }

    /// "1,234.50" and "0012" of 1,234.500012: what one reads first, and what makes it exact.
    var unitsInTwoParts: (String, String) {
        let text = units()
        guard let point = text.lastIndex(of: ".") else { return (text, "") }
        let end = text.index(point, offsetBy: 3)
        return (String(text[..<end]), String(text[end...]))
    }

    /// The number itself, with a comma at each thousand.
    func grouped(signed: Bool = false) -> String {
        (value < 0 ? "-" : signed && value > 0 ? "+" : "") + Self.grouped(String(value.magnitude))
    }

    /// A whole number with a comma at each thousand.
    static func count(_ number: Int64) -> String { Nanos(Int128(number)).grouped() }

    private static func grouped(_ digits: String) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.utf8.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    private static func isDigits(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }
}
