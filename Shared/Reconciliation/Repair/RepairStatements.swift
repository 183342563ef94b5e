import Connectors

/// The SQL that changes the rows of one level by what a plan says. All statements have the same parameters.
struct RepairStatements {
    private static let counted = [
        "impressions", "clicks", "conversions", "video_views", "invalid_events", "late_events", "spend_nanos",
    ]
    private let names: DatabaseNames
    private let table: LevelTable

    init(_ names: DatabaseNames, _ level: SpendLevel) {
        self.names = names
        table = LevelTable(level: level)
    }

    private var name: String { names.table("spend", table.name) }

    /// The columns of the primary key, with the source.
    private var key: [String] {
        let columns = table.keyColumns
        return table.hasSource ? columns.dropLast() + ["source", "source_partition"] : columns
    }

    /// The rows of the plan with the columns of the table's key, what is added, and what was there (`before_...`; the key
    /// was not there where `is_new`).
    private var given: String {
        let window =
            switch table.level {
            case .lifetime: ""
            case .day: "(g.moment AT TIME ZONE 'UTC')::date AS day, "
            default: "g.moment AS \(table.window!), "
            }
        let dimensions =
            switch table.level {
            case .adHour: "g.first AS ad_group_id, g.second AS ad_id, "
            case .placementHour: "g.first::int4 AS placement, "
            case .countryHour:
                "CASE WHEN g.first = 0 THEN '' ELSE chr((g.first >> 8)::int4) || chr((g.first & 255)::int4) END AS country, "
            default: ""
            }
        let arrays = (1...22).map { "$\($0)" }.joined(separator: ", ")
        return """
            given AS MATERIALIZED (
                SELECT \(window)\(dimensions)'e'::"char" AS source, g.* FROM unnest(\(arrays)) AS g(source_partition, moment,
                    campaign_id, advertiser_id, currency, first, second, \(Self.counted.joined(separator: ", ")), is_new,
                    \(Self.counted.map { "before_\($0)" }.joined(separator: ", ")))
            )
            """
    }

    private var isSameKey: String { key.map { "t.\($0) = g.\($0)" }.joined(separator: " AND ") }

    /// How many rows have less than when the plan was made: events only ever add.
    var countShrunk: String {
        let isLess = Self.counted.map { "t.\($0) < g.before_\($0)" }.joined(separator: " OR ")
        return """
            WITH \(given) SELECT count(*) FROM given AS g LEFT JOIN \(name) AS t ON \(isSameKey)
            WHERE NOT g.is_new AND (t.campaign_id IS NULL OR \(isLess))
            """
    }

    /// Adds what is to be added, in the order of the primary key, as the aggregator's own writers do.
    var add: String {
        let order = key.map { "g.\($0)" }.joined(separator: ", ")
        let sums = Self.counted.map { "\($0) = t.\($0) + excluded.\($0)" }.joined(separator: ", ")
        var columns = key + Self.counted
        var values = columns.map { "g.\($0)" }
        var source = "given AS g"
        if table.level == .day {
            columns += ["starts_at", "ends_at"]
            values += [
                "\(spend("day_start"))(g.day, coalesce(z.zone, 'UTC'))",
                """
                CASE WHEN g.day = z.last_day THEN z.ends_at
                    ELSE least(\(spend("day_start"))(g.day + 1, coalesce(z.zone, 'UTC')), z.ends_at) END
                """,
            ]
            source += """
                 LEFT JOIN \(spend("advertiser_zone")) AS z ON z.advertiser_id = g.advertiser_id
                    AND g.day >= z.effective_from AND g.day <= z.last_day
                """
        }
        // A lifetime is never over, so nothing of it is a correction.
        if table.level != .lifetime {
            columns.append("corrections")
            values.append("1")
        }
        return """
            WITH \(given)
            INSERT INTO \(name) AS t (\(columns.joined(separator: ", ")), changed_in)
            SELECT \(values.joined(separator: ", ")), pg_current_xact_id()::text::int8 FROM \(source) ORDER BY \(order)
            ON CONFLICT (\(key.joined(separator: ", "))) DO UPDATE SET \(sums), revision = t.revision + 1,
                corrections = t.corrections + excluded.corrections, changed_at = excluded.changed_at,
                changed_in = excluded.changed_in
            """
    }

    /// Removes the rows of the plan in which nothing is left; answers how many.
    var removeEmpty: String {
        let isZero = Self.counted.map { "t.\($0) = 0" }.joined(separator: " AND ")
        return "WITH \(given) DELETE FROM \(name) AS t USING given AS g WHERE \(isSameKey) AND \(isZero)"
    }

    /// How many of the rows hold less than nothing.
    var countNegative: String {
        let isNegative = Self.counted.map { "t.\($0) < 0" }.joined(separator: " OR ")
        return "WITH \(given) SELECT count(*) FROM given AS g JOIN \(name) AS t ON \(isSameKey) WHERE \(isNegative)"
    }

    /// Says of the parts of the level that they have changed.
    var noteChange: String? {
        guard let window = table.window else { return nil }
        let part = table.level == .day ? "day" : "(\(window) AT TIME ZONE 'UTC')::date"
        return """
            WITH \(given)
            INSERT INTO \(spend("level_change")) AS c (level, part, source, source_partition, changed_in)
            SELECT DISTINCT '\(table.level.name)', \(part), 'e'::"char", source_partition, pg_current_xact_id()::text::int8
            FROM given ORDER BY 2, 4
            ON CONFLICT (level, part, source, source_partition) DO UPDATE SET changed_in = excluded.changed_in
            """
    }

    private func spend(_ name: String) -> String { names.table("spend", name) }
}
