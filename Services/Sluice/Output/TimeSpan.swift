/// A length of time as it is typed: "250ms", "90s", "15m", "2h", "7d".
struct TimeSpan: Hashable, Sendable, CustomStringConvertible {
    var milliseconds: Int64

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Nil unless it is a whole number and a unit, and fits.
    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits) else { return nil }
        let unit: Int64
        switch text.dropFirst(digits.count) {
        case "ms": unit = 1
        case "s": unit = 1000
        case "m": unit = 60_000
        case "h": unit = 3_600_000
        case "d": unit = 86_400_000
        default: return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        // A century is enough, and leaves room for adding to an instant.
        guard !overflow, product <= 3_155_760_000_000 else { return nil }
        milliseconds = product
    }

    /// In the largest unit that still says it to about a hundredth: "4.2 s", "3 m 20 s", "5 h 12 m", "3 d 4 h".
    var description: String {
        guard milliseconds >= 0 else {
            // The least number has no positive counterpart; a millisecond of 300 million years is nobody's loss.
            return "-" + TimeSpan(milliseconds: milliseconds == .min ? .max : -milliseconds).description
        }
        switch milliseconds {
        case 0..<1000: return "\(milliseconds) ms"
        case 1000..<60_000: return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
        case 60_000..<3_600_000: return "\(milliseconds / 60_000) m \(milliseconds / 1000 % 60) s"
        case 3_600_000..<86_400_000: return "\(milliseconds / 3_600_000) h \(milliseconds / 60_000 % 60) m"
        default: return "\(milliseconds / 86_400_000) d \(milliseconds / 3_600_000 % 24) h"
        }
    }
}
