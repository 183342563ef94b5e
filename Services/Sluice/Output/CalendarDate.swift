/// A date of the Gregorian calendar as it is typed and as PostgreSQL reads it: "2026-01-15".
struct CalendarDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Ten characters, so that dates are ordered as their texts are.
    let description: String

    /// Nil unless it is a date of the years 1 to 9999.
    init?(_ text: String) {
        guard text.utf8.count == 10, !text.hasPrefix("0000"), Instant(text, now: Instant(milliseconds: 0)) != nil else {
            return nil
        }
        description = text
    }

    static func < (a: Self, b: Self) -> Bool { a.description < b.description }
}
