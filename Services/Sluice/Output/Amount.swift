/// An amount of money in nanos, written exactly: no digit is rounded away.
enum Amount {
    /// Nanos as units of the currency: "1234.50", "0.000012"; at least two decimals, zeros behind them left out.
    ///
    /// - Parameter grouped: with a comma at each thousand, for people.
    static func text(nanos: Int128, grouped: Bool = false) -> String {
        let magnitude = nanos.magnitude
        let whole = String(magnitude / 1_000_000_000)
        var decimals = String(magnitude % 1_000_000_000)
        decimals = String(repeating: "0", count: 9 - decimals.count) + decimals
        while decimals.count > 2, decimals.last == "0" { decimals.removeLast() }
        return (nanos < 0 ? "-" : "") + (grouped ? Self.grouped(whole) : whole) + "." + decimals
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
