/// How values are written in flags, environment and files. Pure text to number; the reader adds who said it.
enum ConfigurationValue {
    /// Milliseconds from a whole number and a unit: ms, s, m, h or d. `0` needs no unit.
    static func milliseconds(_ text: String) -> Int64? {
        let units: [(suffix: String, factor: Int64)] = [
            ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
        ]
        return scaled(text, units: units)
    }

    /// Bytes from a whole number and a unit: B, kB, MB, GB (powers of 1000) or KiB, MiB, GiB (powers of 1024).
    /// A number alone is bytes.
    static func bytes(_ text: String) -> Int64? {
        if let plain = wholeNumber(text[...]) { return plain }
        let units: [(suffix: String, factor: Int64)] = [
            ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30),
            ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1),
        ]
        return scaled(text, units: units)
    }

    static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "yes", "on", "1": true
        case "false", "no", "off", "0": false
        default: nil
        }
    }

    /// A whole number with an optional minus; `_` may group digits, as in 1_000_000.
    static func integer(_ text: String) -> Int64? {
        guard let first = text.utf8.first, first != UInt8(ascii: "_"), text.utf8.last != UInt8(ascii: "_") else {
            return nil
        }
        let digits = text.filter { $0 != "_" }
        guard first != UInt8(ascii: "+") else { return nil }
        return Int64(digits)
    }

    /// Milliseconds in the largest unit that divides them, as a person would write them.
    static func text(milliseconds: Int64) -> String {
        let units: [(String, Int64)] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000)]
        for (suffix, factor) in units where milliseconds != 0 && milliseconds % factor == 0 {
            return "\(milliseconds / factor)\(suffix)"
        }
        return "\(milliseconds)ms"
    }

    private static func scaled(_ text: String, units: [(suffix: String, factor: Int64)]) -> Int64? {
        if text == "0" { return 0 }
        for (suffix, factor) in units where text.hasSuffix(suffix) {
            guard let number = wholeNumber(text.dropLast(suffix.count)) else { continue }
            let (product, overflow) = number.multipliedReportingOverflow(by: factor)
            return overflow ? nil : product
        }
        return nil
    }

    private static func wholeNumber(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int64(text)
    }
}
