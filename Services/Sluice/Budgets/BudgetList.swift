import Postgres

/// Which budgets are asked for, and how they stand: a row for each daily and each lifetime budget.
struct BudgetList {
    enum Kind: String, CaseIterable, Sendable {
        case daily, lifetime
    }

    var campaign: Int64?
    var kind: Kind?
    /// The least level that was signalled.
    var level: Int32?
    var limit = 100

    /// Reads the view `spend.budget`.
    func table(in schemas: ResultSchemas, on connection: PostgresConnection) throws -> Table {
        var table = Table([
            Table.Column("campaign_id", numeric: true), Table.Column("advertiser_id", numeric: true),
            Table.Column("budget"), Table.Column("time_zone"), Table.Column("day"), Table.Column("currency"),
            Table.Column("amount", numeric: true), Table.Column("spent", numeric: true),
            Table.Column("percent", title: "per cent", numeric: true), Table.Column("level", numeric: true),
            Table.Column("version", numeric: true),
        ])
        for row in try rows(schemas, connection) {
            let (amount, spent) = (try row.int128("nanos"), try row.int128("spent"))
            table.rows.append([
                .identifier(try row.int64("campaign_id")), .identifier(try row.int64("advertiser_id")),
                .text(try row.string("kind")), .text(try row.string("zone")),
                try row.optionalString("day").map { .text($0) } ?? .null, .text(try row.string("currency")),
                .nanos(amount), .nanos(spent), .number(Self.percent(spent, of: amount)),
                .number(try row.int64("level")),
                .identifier(try row.int64("version")),
            ])
        }
        return table
    }

    private func rows(_ schemas: ResultSchemas, _ connection: PostgresConnection) throws -> PostgresRows {
        var terms = ["k.nanos > 0"]
        var parameters: [PostgresParameter] = []
        func add(_ term: String, _ parameter: PostgresParameter) {
            parameters.append(parameter)
            terms.append("\(term) $\(parameters.count)")
        }
        if let campaign { add("b.campaign_id =", .int8(campaign)) }
        if let kind { add("k.kind =", .text(kind.rawValue)) }
        if let level { add("k.level >=", .int8(Int64(level))) }
        return try connection.query(
            """
            SELECT b.campaign_id, b.advertiser_id, b.currency, b.zone, b.version, k.kind, k.day, k.nanos, k.spent, k.level
            FROM \(schemas.spend("budget")) AS b CROSS JOIN LATERAL (VALUES
                ('daily', b.day::text, b.daily_nanos::numeric, b.day_spent_nanos, b.daily_level),
                ('lifetime', NULL, b.lifetime_nanos::numeric, b.lifetime_spent_nanos, b.lifetime_level)
            ) AS k(kind, day, nanos, spent, level)
            WHERE \(terms.joined(separator: " AND ")) ORDER BY b.campaign_id, k.kind LIMIT \(limit)
            """, parameters)
    }

    /// Whole per cents, rounded down, so that it never shows a threshold that was not reached.
    static func percent(_ spent: Int128, of amount: Int128) -> Int64 {
        guard amount > 0 else { return 0 }
        let (quotient, rest) = (spent * 100).quotientAndRemainder(dividingBy: amount)
        return Int64(clamping: rest < 0 ? quotient - 1 : quotient)
    }
}
