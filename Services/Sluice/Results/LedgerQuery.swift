import Postgres

/// A question about the ledger of adjustments: each credit and each further charge, as it was recorded.
struct LedgerQuery {
    var filter = SpendFilter()
    /// How many rows at most.
    var limit = LevelQuery.defaultLimit

    private static let charge = "CASE WHEN amount_nanos >= 0 THEN amount_nanos END"
    private static let credit = "CASE WHEN amount_nanos < 0 THEN amount_nanos END"

    /// Reads rows and totals in one snapshot; the oldest moment that is corrected comes first.
    func answer(in schemas: ResultSchemas, on connection: PostgresConnection) throws -> SpendAnswer {
        let fields = Self.fields
        let (condition, parameters) = filter.condition(window: "event_time")
        let source = "\(schemas.spend("adjustment_ledger"))\(condition)"
        try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        let found = try connection.query(
            """
            SELECT \(ResultField.select(fields)) FROM \(source)
            ORDER BY event_time, advertiser_id, campaign_id, adjustment_id COLLATE "C" LIMIT \(limit + 1)
            """, parameters)
        var answer = SpendAnswer(rows: ResultField.table(fields))
        for row in found.prefix(limit) { answer.rows.rows.append(try ResultField.cells(fields, of: row)) }
        answer.hasMore = found.count > limit
        let totals = Self.totals
        var table = ResultField.table(totals)
        for row in try connection.query(
            "SELECT \(ResultField.select(totals)) FROM \(source) GROUP BY currency ORDER BY currency COLLATE \"C\"",
            parameters)
        {
            table.rows.append(try ResultField.cells(totals, of: row))
        }
        answer.totals = table
        try connection.execute("COMMIT")
        return answer
    }

    private static var fields: [ResultField] {
        [.time("event_time")]
            + SpendLevel.adjustment.keys.map { ResultField($0, $0, .identifier) }
            + [
                ResultField("currency", "currency", .text), ResultField("charge", charge, .nanos),
                ResultField("credit", credit, .nanos), ResultField("reason", "reason", .text),
                ResultField("reference", "reference", .text), ResultField("repeats", "repeats", .count),
                ResultField("conflicts", "conflicts", .count), .time("recorded_at"),
                ResultField("adjustment_id", "adjustment_id", .text),
            ]
    }

    private static var totals: [ResultField] {
        [
            ResultField("total", "currency", .text), ResultField("adjustments", "count(*)", .count),
            ResultField("charges", "coalesce(sum(\(charge)), 0)::numeric(38, 0)", .nanos),
            ResultField("credits", "coalesce(sum(\(credit)), 0)::numeric(38, 0)", .nanos),
            ResultField("net", "sum(amount_nanos)::numeric(38, 0)", .nanos),
        ]
    }
}
