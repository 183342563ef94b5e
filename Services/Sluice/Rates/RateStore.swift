import Postgres

/// The table of exchange rates.
struct RateStore {
    let schemas: ResultSchemas
    let connection: PostgresConnection

    /// Stores all rates or none, and says how many were new, replaced, or there already.
    func store(_ rates: [ExchangeRate]) throws -> (new: Int64, replaced: Int64, same: Int64) {
        var columns = [TextArrayBuilder](repeating: TextArrayBuilder(), count: 5)
        for rate in rates {
            columns[0].append(rate.from)
            columns[1].append(rate.to)
            columns[2].append(rate.validFrom.description)
            columns[3].append(rate.rate)
            columns[4].append(rate.source)
        }
        let table = schemas.spend("exchange_rate")
        let counts = try connection.query(
            """
            WITH given AS MATERIALIZED (
                SELECT from_currency, to_currency, valid_from::date, rate::numeric, source
                FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
                    AS g(from_currency, to_currency, valid_from, rate, source)
            ), stored AS (
                INSERT INTO \(table) AS e (from_currency, to_currency, valid_from, rate, source)
                SELECT * FROM given ORDER BY 1, 2, 3
                ON CONFLICT (from_currency, to_currency, valid_from) DO UPDATE
                    SET rate = excluded.rate, source = excluded.source
                    WHERE (e.rate, e.source) IS DISTINCT FROM (excluded.rate, excluded.source)
                RETURNING xmax = 0 AS is_new
            )
            SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM stored
            """, columns.map(\.parameter))
        guard let row = counts.first else { return (0, 0, 0) }
        let (new, replaced) = (try row.int64(0), try row.int64(1))
        return (new, replaced, Int64(rates.count) - new - replaced)
    }

    /// Rates by pair, the newest first.
    func list(from: String?, to: String?, limit: Int) throws -> Table {
        let fields = [
            ResultField("from_currency", "from_currency", .text), ResultField("to_currency", "to_currency", .text),
            ResultField.date("valid_from"), ResultField("rate", "rate", .exact), ResultField("source", "source", .text),
        ]
        var table = ResultField.table(fields)
        for row in try connection.query(
            """
            SELECT \(ResultField.select(fields)) FROM \(schemas.spend("exchange_rate"))
            WHERE ($1::text IS NULL OR from_currency = $1) AND ($2::text IS NULL OR to_currency = $2)
            ORDER BY from_currency, to_currency, exchange_rate.valid_from DESC LIMIT \(limit)
            """, [from.map { .text($0) } ?? .null, to.map { .text($0) } ?? .null])
        {
            table.rows.append(try ResultField.cells(fields, of: row))
        }
        return table
    }
}
