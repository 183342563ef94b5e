import Postgres

/// Amounts of one currency in another, by the table of dated rates. Only reports convert: the ledger never does.
///
/// An amount is multiplied by the newest rate that is valid on its window's day, in PostgreSQL's exact decimals, and
/// rounded once: to nanos, halves to the even one.
struct CurrencyConversion {
    let target: String
    let schemas: ResultSchemas

    /// The day whose rate a row of a level is converted with.
    static func day(of level: SpendLevel) -> String {
        let window = level.windowColumn ?? "day"
        return level.window == .moment ? "(\(window) AT TIME ZONE 'UTC')::date" : window
    }

    /// A query's rows with the rate (NULL where there is none), and with each amount converted.
    func converted(_ source: String, level: SpendLevel) -> String {
        let products = level.amounts.map { "\($0)_nanos * rate AS \($0)_product" }.joined(separator: ", ")
        let rounded = level.amounts.map { "\(Self.halfEven("\($0)_product")) AS converted_\($0)_nanos" }
        return """
            SELECT original.*, rate, \(rounded.joined(separator: ", "))
            FROM (\(source)) AS original LEFT JOIN LATERAL (\(rate(level))) AS quote ON true
                CROSS JOIN LATERAL (SELECT \(products)) AS exact
            """
    }

    /// - Throws: `CommandFailure` (.usage) that names the first pair and day that have no rate.
    func requireRates(
        _ source: String, level: SpendLevel, parameters: [PostgresParameter], on connection: PostgresConnection
    ) throws {
        let missing = try connection.query(
            """
            SELECT currency, to_char(day, 'YYYY-MM-DD'), count(*) OVER () - 1
            FROM (SELECT DISTINCT currency, \(Self.day(of: level)) AS day FROM (\(source)) AS original) AS used
            WHERE currency <> \(quoteLiteral(target)) AND NOT EXISTS (
                SELECT FROM \(schemas.spend("exchange_rate"))
                WHERE from_currency = used.currency AND to_currency = \(quoteLiteral(target)) AND valid_from <= used.day)
            ORDER BY day, currency LIMIT 1
            """, parameters)
        guard let first = missing.first else { return }
        let more = try first.int64(2)
        throw CommandFailure(
            .usage,
            "no rate from \(try first.string(0)) to \(target) is valid on \(try first.string(1))"
                + (more > 0 ? " (and \(more) more of a currency and a day)" : "")
                + ": add it with `sluice rates import`")
    }

    /// The newest rate on the day of a row of `original`.
    private func rate(_ level: SpendLevel) -> String {
        """
        SELECT CASE WHEN original.currency = \(quoteLiteral(target)) THEN 1 ELSE (
            SELECT rate FROM \(schemas.spend("exchange_rate"))
            WHERE from_currency = original.currency AND to_currency = \(quoteLiteral(target))
                AND valid_from <= \(Self.day(of: level))
            ORDER BY valid_from DESC LIMIT 1) END AS rate
        """
    }

    /// A numeric rounded to a whole number, halves to the even one: PostgreSQL's own `round` takes them away from 0.
    static func halfEven(_ number: String) -> String {
        """
        (CASE WHEN abs(\(number) - trunc(\(number))) = 0.5 THEN 2 * round(\(number) * 0.5) ELSE round(\(number)) END)\
        ::numeric(38, 0)
        """
    }
}
