import Glibc

/// Times as RFC 3339 has them, in UTC with milliseconds, written without a formatter.
enum LogTimestamp {
    /// Unix time in milliseconds.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The years 0 to 9999, which four digits can show.
    private static let firstMillisecond: Int64 = -62_167_219_200_000
    private static let lastMillisecond: Int64 = 253_402_300_799_999

    /// `2026-01-31T23:59:59.999Z` for a Unix time in milliseconds of the years 0 to 9999; the nearest of these for any
    /// other.
    ///
    /// Days to date: the civil calendar in cycles of 400 years with the year beginning in March, so that the leap day
    /// comes last.
    static func text(_ milliseconds: Int64) -> String {
        let (days, rest) = floorDivide(min(max(milliseconds, firstMillisecond), lastMillisecond), 86_400_000)
        let (cycle, dayOfCycle) = floorDivide(days + 719_468, 146_097)
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)

        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        append(year, digits: 4, separator: "-", to: &bytes)
        append(month, digits: 2, separator: "-", to: &bytes)
        append(day, digits: 2, separator: "T", to: &bytes)
        append(rest / 3_600_000, digits: 2, separator: ":", to: &bytes)
        append(rest / 60_000 % 60, digits: 2, separator: ":", to: &bytes)
        append(rest / 1_000 % 60, digits: 2, separator: ".", to: &bytes)
        append(rest % 1_000, digits: 3, separator: "Z", to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func append(_ value: Int64, digits: Int, separator: Unicode.Scalar, to bytes: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
        bytes.append(UInt8(ascii: separator))
    }
}
