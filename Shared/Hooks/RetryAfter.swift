import Glibc

/// The header `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.
enum RetryAfter {
    /// - Parameter unix: Now, in Unix milliseconds.
    /// - Returns: How long to wait, at least 0; nil for what is neither.
    static func milliseconds(_ text: String, unix: Int64) -> Int64? {
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // Whatever is more than fits is for ever.
            return Int64(text).map { $0 > Int64.max / 1_000 ? Int64.max : $0 * 1_000 } ?? Int64.max
        }
        return date(text).map { max(0, $0 * 1_000 - unix) }
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Unix seconds of `Wed, 21 Oct 2026 07:28:00 GMT`, the one form that may still be sent.
    private static func date(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])),
            let day = Int32(words[1]), (1...31).contains(day), let year = Int32(words[3]),
            (1_970...9_999).contains(year)
        else { return nil }
        let clock = words[4].split(separator: ":").compactMap { Int32($0) }
        guard clock.count == 3, (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1_900, Int32(month), day)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (clock[0], clock[1], clock[2])
        return Int64(timegm(&parts))
    }
}
