/// How many units of one currency one unit of another was from a day on.
struct ExchangeRate: Equatable, Sendable {
    var from: String
    var to: String
    var validFrom: CalendarDate
    /// Digits with a point, as they were written: never a floating-point number.
    var rate: String
    /// Who says so.
    var source: String
}
