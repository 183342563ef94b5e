import Postgres

/// Which totals of spend are asked for.
struct SpendQuery {
    /// What the rows are totals of.
    enum Grouping: String, CaseIterable, Sendable {
        case campaign, advertiser, minute
    }

    var grouping = Grouping.campaign
    var advertiser: Int64?
    var campaign: Int64?
    var currency: String?
    /// The first minute that counts.
    var from: Instant?
    /// The first minute that does not count any more.
    var to: Instant?
    /// How many rows at most.
    var limit = 10

    /// The largest totals. By campaign and by advertiser the largest spend comes first, by minute the earliest.
    /// A total never adds up two currencies: each has rows of its own.
    func totals(in schemas: ResultSchemas, on connection: PostgresConnection) throws -> Table {
        let keys: [String]
        let order: String
        switch grouping {
        case .campaign:
            keys = ["advertiser_id", "campaign_id", "currency"]
            order = "spend_nanos DESC, advertiser_id, campaign_id, currency"
        case .advertiser:
            keys = ["advertiser_id", "currency"]
            order = "spend_nanos DESC, advertiser_id, currency"
        case .minute:
            keys = ["minute", "currency"]
            order = "minute, currency"
        }
        let (condition, parameters) = condition
        let rows = try connection.query(
            """
            SELECT \(keys.joined(separator: ", ")), \(Self.sums),
                extract(epoch FROM min(minute))::int8 * 1000 AS first_minute_ms
            FROM \(schemas.minute)\(condition) GROUP BY \(keys.joined(separator: ", "))
            ORDER BY \(order) LIMIT \(limit)
            """, parameters)
        var table = Table(
            keys.map { Table.Column($0, numeric: $0.hasSuffix("_id")) }
                + [Table.Column("spend", numeric: true)] + Self.counts.map { Table.Column($0, numeric: true) })
        for row in rows {
            var cells: [Table.Cell] = try keys.map { key in
                switch key {
                case "currency": .text(try row.string(key))
                case "minute": .text(Instant(milliseconds: try row.int64("first_minute_ms")).description)
                default: .identifier(try row.int64(key))
                }
            }
            cells.append(.nanos(try row.int128("spend_nanos")))
            cells += try Self.counts.map { .number(try row.int64($0)) }
            table.rows.append(cells)
        }
        return table
    }

    /// The totals of everything that is asked for, by currency.
    func grandTotals(in schemas: ResultSchemas, on connection: PostgresConnection) throws -> Table {
        let (condition, parameters) = condition
        let rows = try connection.query(
            "SELECT currency, \(Self.sums) FROM \(schemas.minute)\(condition) GROUP BY currency ORDER BY currency",
            parameters)
        var table = Table(
            [Table.Column("total", numeric: false), Table.Column("spend", numeric: true)]
                + Self.counts.map { Table.Column($0, numeric: true) })
        for row in rows {
            table.rows.append(
                try [.text(row.string("currency")), .nanos(row.int128("spend_nanos"))]
                    + Self.counts.map { .number(try row.int64($0)) })
        }
        return table
    }

    private static let counts = [
        "impressions", "clicks", "conversions", "video_views", "invalid_events", "late_events",
    ]

    private static let sums =
        "sum(spend_nanos)::numeric(38,0) AS spend_nanos, "
        + counts.map { "sum(\($0))::int8 AS \($0)" }.joined(separator: ", ")

    private var condition: (String, [PostgresParameter]) {
        var terms: [String] = []
        var parameters: [PostgresParameter] = []
        func add(_ term: String, _ parameter: PostgresParameter) {
            parameters.append(parameter)
            terms.append("\(term) $\(parameters.count)")
        }
        if let advertiser { add("advertiser_id =", .int8(advertiser)) }
        if let campaign { add("campaign_id =", .int8(campaign)) }
        if let currency { add("currency =", .text(currency)) }
        if let from { add("minute >=", .text(from.description)) }
        if let to { add("minute <", .text(to.description)) }
        return (terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND "), parameters)
    }
}
