/// A point in time as feeds write it, ISO 8601: a day, or a day with a time, with or without an offset from UTC.
/// Without an offset it is UTC. The canonical form is the day, or the time in UTC to the second: `2026-11-28`,
/// `2026-11-28T14:00:00Z`.
@frozen public struct FeedTime: Sendable, Hashable, Comparable {
    /// Since 1970-01-01 00:00 UTC.
    public let seconds: Int64
    /// Whether only a day was given, which stands for its first second.
    public let isDay: Bool

    public init(parsing text: Span<UInt8>) throws(ValueFault) {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw .empty }
        var reader = Reader(index: trimmed.lowerBound, end: trimmed.upperBound)
        let year = try reader.digits(4, text)
        try reader.expect(UInt8(ascii: "-"), text)
        let month = try reader.digits(2, text)
        try reader.expect(UInt8(ascii: "-"), text)
        let day = try reader.digits(2, text)
        guard (1970...9999).contains(year), (1...12).contains(month), (1...FeedTime.length(month, year)).contains(day)
        else { throw .noSuchDay }
        let days = FeedTime.days(year, month, day)
        if reader.isAtEnd {
            seconds = days * 86_400
            isDay = true
            return
        }
        let separator = text[reader.index]
        guard separator == UInt8(ascii: "T") || separator == UInt8(ascii: "t") || separator == 0x20 else {
            throw .notADate
        }
        reader.index += 1
        let time = try reader.time(text)
        let offset = try reader.offset(text)
        seconds = days * 86_400 + time - offset
        isDay = false
    }

    public init(_ text: String) throws(ValueFault) {
        let bytes = Array(text.utf8)
        self = try FeedTime(parsing: bytes.span)
    }

    public static func < (left: FeedTime, right: FeedTime) -> Bool { left.seconds < right.seconds }

    public var canonical: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    func append(to bytes: inout [UInt8]) {
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days.
        let days = (seconds - (seconds % 86_400 + 86_400) % 86_400) / 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let part = (5 * ofYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        bytes.append(decimal: year + era * 400 + (month <= 2 ? 1 : 0), width: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: month, width: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: ofYear - (153 * part + 2) / 5 + 1, width: 2)
        guard !isDay else { return }
        let rest = seconds - days * 86_400
        bytes.append(UInt8(ascii: "T"))
        bytes.append(decimal: rest / 3600, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: rest / 60 % 60, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: rest % 60, width: 2)
        bytes.append(UInt8(ascii: "Z"))
    }

    private static func length(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // Hinnant's days_from_civil.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private struct Reader {
        var index: Int
        let end: Int

        var isAtEnd: Bool { index == end }

        mutating func digits(_ count: Int, _ text: Span<UInt8>) throws(ValueFault) -> Int64 {
            guard index + count <= end else { throw .notADate }
            var value: Int64 = 0
            for place in index..<index + count {
                guard text[place].isDigit else { throw .notADate }
                value = value * 10 + Int64(text[place] &- 0x30)
            }
            index += count
            return value
        }

        mutating func expect(_ byte: UInt8, _ text: Span<UInt8>) throws(ValueFault) {
            guard index < end, text[index] == byte else { throw .notADate }
            index += 1
        }

        /// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fff`.
        mutating func time(_ text: Span<UInt8>) throws(ValueFault) -> Int64 {
            let hour = try digits(2, text)
            try expect(UInt8(ascii: ":"), text)
            let minute = try digits(2, text)
            var second: Int64 = 0
            if index < end, text[index] == UInt8(ascii: ":") {
                index += 1
                second = try digits(2, text)
                if index < end, text[index] == UInt8(ascii: ".") {
                    index += 1
                    let start = index
                    while index < end, text[index].isDigit { index += 1 }
                    guard index > start else { throw .notADate }
                }
            }
            guard hour < 24, minute < 60, second < 60 else { throw .noSuchDay }
            return hour * 3600 + minute * 60 + second
        }

        /// Seconds east of UTC: `Z`, `+0100`, `-08:00`, `+01`, or nothing.
        mutating func offset(_ text: Span<UInt8>) throws(ValueFault) -> Int64 {
            if index < end, text[index] == 0x20 { index += 1 }
            guard index < end else { return 0 }
            let sign = text[index]
            index += 1
            if sign == UInt8(ascii: "Z") || sign == UInt8(ascii: "z") {
                guard isAtEnd else { throw .notADate }
                return 0
            }
            guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { throw .notADate }
            let hours = try digits(2, text)
            var minutes: Int64 = 0
            if !isAtEnd {
                if text[index] == UInt8(ascii: ":") { index += 1 }
                minutes = try digits(2, text)
            }
            guard isAtEnd else { throw .notADate }
            guard hours <= 14, minutes < 60 else { throw .noSuchDay }
            let seconds = hours * 3600 + minutes * 60
            return sign == UInt8(ascii: "-") ? -seconds : seconds
        }
    }
}

/// From one point in time to another, as in `sale_price_effective_date`: two ``FeedTime`` with a slash between them.
@frozen public struct FeedInterval: Sendable, Hashable {
    public let start: FeedTime
    public let end: FeedTime

    public init(parsing text: Span<UInt8>) throws(ValueFault) {
        guard !text.trimmed.isEmpty else { throw .empty }
        guard let slash = text.first(of: UInt8(ascii: "/")), text.first(of: UInt8(ascii: "/"), from: slash + 1) == nil
        else { throw .notAnInterval }
        start = try FeedTime(parsing: text.extracting(0..<slash))
        end = try FeedTime(parsing: text.extracting(slash + 1..<text.count))
        // A day that ends an interval is part of it.
        guard end.seconds + (end.isDay ? 86_400 : 0) > start.seconds else { throw .intervalReversed }
    }

    func append(to bytes: inout [UInt8]) {
        start.append(to: &bytes)
        bytes.append(UInt8(ascii: "/"))
        end.append(to: &bytes)
    }
}
