import Postgres

/// A question about one level of the results.
struct LevelQuery {
    var level: SpendLevel
    var filter = SpendFilter()
    /// How many rows at most.
    var limit = Self.defaultLimit
    /// A cursor: only what changed since then; empty for everything, with a first cursor.
    var since: String?
    /// The currency to convert into.
    var target: String?

    static let defaultLimit = 1000
    /// As many changes as are held in memory: none may be left out, since the cursor would pass them.
    static let changesLimit = 1_000_000

    private static let counts = [
        "impressions", "clicks", "conversions", "video_views", "invalid_events", "late_events",
    ]

    /// Reads rows, totals and cursor in one snapshot.
    ///
    /// - Throws: `CommandFailure` (.usage) for a rate that is missing, and for more changes than are held in memory.
    func answer(in schemas: ResultSchemas, on connection: PostgresConnection) throws -> SpendAnswer {
        try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        var answer = SpendAnswer(rows: ResultField.table(fields))
        if since != nil {
            answer.cursor = try connection.query("SELECT \(schemas.spend("change_cursor"))()").first?.string(0)
        }
        let parameters = parameters
        let source = try source(in: schemas, on: connection)
        let most = since == nil ? limit : Self.changesLimit
        let found = try connection.query(
            """
            SELECT \(ResultField.select(fields)) FROM (\(source)) AS asked
            ORDER BY \(order.joined(separator: ", ")) LIMIT \(most + 1)
            """, parameters)
        for row in found.prefix(most) { answer.rows.rows.append(try ResultField.cells(fields, of: row)) }
        answer.hasMore = found.count > most
        if answer.hasMore, since != nil {
            throw CommandFailure(
                .usage,
                "more than \(Amount.count(Int64(most))) rows changed: ask by advertiser or campaign, or read "
                    + "\(schemas.spend(level.changes)) in SQL")
        }
        if since == nil { answer.totals = try totals(source, on: connection) }
        try connection.execute("COMMIT")
        return answer
    }

    // MARK: What is asked of the database

    /// The rows as the view has them.
    private func selection(in schemas: ResultSchemas) -> String {
        let (condition, filtered) = filter.condition(window: level.windowColumn)
        let relation =
            since == nil
            ? schemas.spend(level.view) : "\(schemas.spend(level.changes))($\(filtered.count + 1)) AS changed"
        return "SELECT * FROM \(relation)\(condition)"
    }

    private var parameters: [PostgresParameter] {
        filter.condition(window: level.windowColumn).parameters + (since.map { [.text($0)] } ?? [])
    }

    /// The same, with the converted amounts where they are asked for.
    private func source(in schemas: ResultSchemas, on connection: PostgresConnection) throws -> String {
        let selection = selection(in: schemas)
        guard let target else { return selection }
        let conversion = CurrencyConversion(target: target, schemas: schemas)
        guard let days = level.days else {
            try conversion.requireRates(selection, level: level, parameters: parameters, on: connection)
            return conversion.converted(selection, level: level)
        }
        // A lifetime has no day: its days are converted, and added up.
        let key = (level.keys + ["currency"]).joined(separator: ", ")
        let ofDays =
            "SELECT * FROM \(schemas.spend(days.view)) WHERE (\(key)) IN (SELECT \(key) FROM (\(selection)) AS s)"
        try conversion.requireRates(ofDays, level: days, parameters: parameters, on: connection)
        let sums = level.amounts.map { "sum(converted_\($0)_nanos) AS converted_\($0)_nanos" }
        return """
            SELECT * FROM (\(selection)) AS whole JOIN (
                SELECT \(key), \(sums.joined(separator: ", "))
                FROM (\(conversion.converted(ofDays, level: days))) AS days GROUP BY \(key)) AS parts USING (\(key))
            """
    }

    private var order: [String] {
        let keys = level.keys + ["currency COLLATE \"C\""]
        return (level.windowColumn.map { [$0] } ?? ["net_nanos DESC"]) + keys
    }

    private var fields: [ResultField] {
        var fields = level.keys.map { ResultField($0, $0, $0 == "country" ? .text : .identifier) }
        if let window = level.windowColumn {
            fields += level.window == .day ? [.date(window), .time("starts_at"), .time("ends_at")] : [.time(window)]
        }
        fields.append(ResultField("currency", "currency", .text))
        fields += amounts("")
        if let target {
            fields.append(ResultField("converted_currency", quoteLiteral(target), .text))
            if level.days == nil { fields.append(ResultField("rate", "rate", .exact)) }
            fields += amounts("converted_")
        }
        fields += counts.map { ResultField($0.name, $0.column, .count) }
        if level.window != .lifetime { fields.append(ResultField("status", "status", .text)) }
        fields.append(ResultField("revision", "revision", .count))
        return fields + [.time("changed_at")]
    }

    private func amounts(_ prefix: String) -> [ResultField] {
        level.amounts.map { ResultField(Self.title(prefix + $0), "\(prefix)\($0)_nanos", .nanos) }
    }

    /// The view's column `adjustments` counts them; here the word is for their sum.
    private var counts: [(name: String, column: String)] {
        (level.amounts.count > 1 ? [("adjustment_count", "adjustments")] : [])
            + (level.isOfAdvertiser ? [("campaigns", "campaigns")] : []) + Self.counts.map { ($0, $0) }
    }

    private static func title(_ amount: String) -> String { amount.hasSuffix("adjustment") ? amount + "s" : amount }

    // MARK: Totals

    /// What all rows add up to, by currency; with a conversion, in a last row, all currencies together.
    private func totals(_ source: String, on connection: PostgresConnection) throws -> Table {
        let originals = level.amounts.map { "\($0)_nanos" }
        let converted = target == nil ? [] : level.amounts.map { "converted_\($0)_nanos" }
        let summed = counts.filter { $0.name != "campaigns" }
        var fields = [ResultField("total", "coalesce(currency, \(quoteLiteral("all in " + (target ?? ""))))", .text)]
        fields += zip(level.amounts, originals).map { name, column in
            ResultField(Self.title(name), "CASE WHEN currency IS NOT NULL THEN \(Self.sum(column)) END", .nanos)
        }
        fields += zip(level.amounts, converted).map { name, column in
            ResultField(Self.title("converted_" + name), Self.sum(column), .nanos)
        }
        fields += summed.map { ResultField($0.name, "sum(\($0.column))::int8", .count) }
        var table = ResultField.table(fields)
        let grouping = target == nil ? "currency" : "GROUPING SETS ((currency), ())"
        let rows = try connection.query(
            """
            SELECT \(ResultField.select(fields)) FROM (\(source)) AS asked GROUP BY \(grouping)
            HAVING count(*) > 0 ORDER BY currency COLLATE "C" NULLS LAST
            """, parameters)
        for row in rows { table.rows.append(try ResultField.cells(fields, of: row)) }
        return table
    }

    private static func sum(_ column: String) -> String { "sum(\(column))::numeric(38, 0)" }
}
