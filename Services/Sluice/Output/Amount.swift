/// An amount of money in nanos, written exactly: no digit is rounded away.
enum Amount {
    /// Nanos as units of the currency: "1234.50", "0.000012"; at least two decimals, zeros behind them left out.
    ///
    /// - Parameters:
    ///   - grouped: with a comma at each thousand, for people.
    ///   - decimals: how many decimals to write at least, so that a column has its points below each other.
    static func text(nanos: Int128, grouped: Bool = false, decimals least: Int = 2) -> String {
        let magnitude = nanos.magnitude
        let whole = String(magnitude / 1_000_000_000)
        var decimals = String(magnitude % 1_000_000_000)
        decimals = String(repeating: "0", count: 9 - decimals.count) + decimals
        while decimals.count > least, decimals.last == "0" { decimals.removeLast() }
        return (nanos < 0 ? "-" : "") + (grouped ? Self.grouped(whole) : whole) + "." + decimals
    }

    /// How many decimals an amount has without the zeros behind them.
    static func decimals(ofNanos nanos: Int128) -> Int {
        var rest = nanos.magnitude % 1_000_000_000
        guard rest != 0 else { return 0 }
        var count = 9
        while rest % 10 == 0 {
            rest /= 10
            count -= 1
        }
        return count
    }

    /// A whole number with a comma at each thousand.
    static func count(_ number: Int64) -> String {
        (number < 0 ? "-" : "") + grouped(String(number.magnitude))
    }

    private static func grouped(_ digits: String) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
