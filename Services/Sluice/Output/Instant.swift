import Glibc

/// An instant in milliseconds of Unix time, and how it is written: RFC 3339 in UTC.
struct Instant: Hashable, Comparable, Sendable, CustomStringConvertible {
    var milliseconds: Int64

    static func < (a: Self, b: Self) -> Bool { a.milliseconds < b.milliseconds }

    /// The clock of this machine.
    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// "2026-01-15T08:00:00Z", with three decimals where the milliseconds are not 0.
    var description: String {
        let day = Self.floorDivide(milliseconds, 86_400_000)
        // The least instant's day begins before the least number.
        let ofDay = milliseconds &- day &* 86_400_000
        let (year, month, dayOfMonth) = Self.civilDate(day)
        var text = Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(dayOfMonth, 2) + "T"
        text += Self.padded(ofDay / 3_600_000, 2) + ":" + Self.padded(ofDay / 60_000 % 60, 2) + ":"
        text += Self.padded(ofDay / 1000 % 60, 2)
        if ofDay % 1000 != 0 { text += "." + Self.padded(ofDay % 1000, 3) }
        return text + "Z"
    }

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Reads RFC 3339 ("2026-01-15T08:00:00Z", "2026-01-15T08:00:00.250+01:00"), a date alone (its midnight in UTC),
    /// "now", or "now" with a duration taken off or put on ("now-2h"). Nil for anything else.
    init?(_ text: String, now: Instant) {
        if text.hasPrefix("now") {
            let rest = text.dropFirst(3)
            guard let sign = rest.first else {
                self = now
                return
            }
            guard sign == "-" || sign == "+", let duration = TimeSpan(String(rest.dropFirst())) else { return nil }
            let moved = now.milliseconds + (sign == "-" ? -duration.milliseconds : duration.milliseconds)
            self.init(milliseconds: moved)
            return
        }
        guard let parsed = Self.parse(Array(text.utf8)) else { return nil }
        self.init(milliseconds: parsed)
    }

    private static func parse(_ text: [UInt8]) -> Int64? {
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= text.count else { return nil }
            var value: Int64 = 0
            for byte in text[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        func has(_ character: Character, at index: Int) -> Bool {
            index < text.count && text[index] == character.asciiValue
        }
        guard let year = number(0..<4), has("-", at: 4), let month = number(5..<7), has("-", at: 7),
            let day = number(8..<10), (1...12).contains(month), (1...daysIn(month, of: year)).contains(day)
        else { return nil }
        let midnight = dayNumber(year: year, month: month, day: day) * 86_400_000
        if text.count == 10 { return midnight }
        guard has("T", at: 10) || has("t", at: 10) || has(" ", at: 10), let hour = number(11..<13), has(":", at: 13),
            let minute = number(14..<16), has(":", at: 16), let second = number(17..<19),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var time = midnight + hour * 3_600_000 + minute * 60_000 + second * 1000
        var index = 19
        if has(".", at: index) {
            index += 1
            var unit: Int64 = 100
            let digits = index
            while index < text.count, let digit = number(index..<index + 1) {
                time += digit * unit
                unit /= 10
                index += 1
            }
            guard index > digits else { return nil }
        }
        if has("Z", at: index) || has("z", at: index) { return index + 1 == text.count ? time : nil }
        guard has("+", at: index) || has("-", at: index), index + 6 == text.count, has(":", at: index + 3),
            let hours = number(index + 1..<index + 3), let minutes = number(index + 4..<index + 6),
            hours < 24, minutes < 60
        else { return nil }
        let offset = hours * 3_600_000 + minutes * 60_000
        return has("+", at: index) ? time - offset : time + offset
    }

    // MARK: The Gregorian calendar

    /// Days since 1970-01-01, by counting years from March, so that the leap day is the last of its year.
    static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = floorDivide(marchYear, 400)
        let ofEra = marchYear - era * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func civilDate(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = floorDivide(shifted, 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * ofYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * fromMarch + 2) / 5 + 1)
    }

    private static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
        a >= 0 || a % b == 0 ? a / b : a / b - 1
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
