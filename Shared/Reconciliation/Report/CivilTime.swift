/// A moment in UTC by the Gregorian calendar.
public struct CivilTime: Equatable, Sendable {
    public var milliseconds: Int64
    /// Days since 1970-01-01, and milliseconds of that day.
    var day: Int64 { Self.floorDivide(milliseconds, 86_400_000) }
    private var ofDay: Int64 { milliseconds &- day &* 86_400_000 }

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    var hour: Int64 { ofDay / 3_600_000 }

    /// "2026-01-15T08:00:00Z", with three decimals where the milliseconds are not 0.
    public var iso: String {
        let decimals = ofDay % 1000 == 0 ? "" : "." + Self.padded(ofDay % 1000, 3)
        return "\(Self.isoDate(day: day))T\(clock):\(Self.padded(ofDay / 1000 % 60, 2))\(decimals)Z"
    }

    /// "15 Jan 2026".
    var date: String {
        let (year, month, dayOfMonth) = Self.civil(day)
        return "\(dayOfMonth) \(Self.months[Int(month) - 1]) \(year)"
    }

    /// "15 Jan".
    var shortDate: String {
        let (_, month, dayOfMonth) = Self.civil(day)
        return "\(dayOfMonth) \(Self.months[Int(month) - 1])"
    }

    /// "08:00".
    var clock: String { Self.padded(hour, 2) + ":" + Self.padded(ofDay / 60_000 % 60, 2) }

    /// "15 Jan 2026, 08:00", with seconds where they are not 0.
    var text: String {
        let seconds = ofDay / 1000 % 60
        return "\(date), \(clock)" + (seconds == 0 ? "" : ":" + Self.padded(seconds, 2))
    }

    /// "2026-01-15" of the days since 1970-01-01.
    static func isoDate(day: Int64) -> String {
        let (year, month, dayOfMonth) = civil(day)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
    }

    /// The days since 1970-01-01 of a date of the years 1 to 9999, "2026-01-15"; nil for anything else.
    static func day(_ text: some StringProtocol) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-") else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let dayOfMonth = number(8..<10), year > 0,
            (1...12).contains(month), dayOfMonth > 0
        else { return nil }
        let day = dayNumber(year, month, dayOfMonth)
        // 30 February is 1 or 2 March: what comes back is another date.
        return civil(day) == (year, month, dayOfMonth) ? day : nil
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Counted in years that begin in March, so that the leap day is the last of its year.
    private static func dayNumber(_ year: Int64, _ month: Int64, _ dayOfMonth: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let ofYear = (153 * ((month + 9) % 12) + 2) / 5 + dayOfMonth - 1
        return 365 * marchYear + floorDivide(marchYear, 4) - floorDivide(marchYear, 100) + floorDivide(marchYear, 400)
            + ofYear - 719_468
    }

    private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * ofYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * fromMarch + 2) / 5 + 1)
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 || a % b == 0 ? a / b : a / b - 1 }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
