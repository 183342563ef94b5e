import Postgres

/// Where a level of the results does not equal the sum of the one below it.
struct LevelDifferences {
    /// One window of a level.
    struct Difference: Equatable {
        /// What was compared: "hour of minutes", "lifetime of days".
        var comparison: String
        var campaign: Int64
        /// Where the window begins; empty for a lifetime.
        var window: String
        var currency: String
        /// What the level has more than what lies below it, by column; below 0, less.
        var columns: [Column]
    }

    struct Column: Equatable {
        var name: String
        var excess: Int128
    }

    /// How many are kept one by one.
    static let keptLimit = 20

    /// How many windows differ, over all levels.
    private(set) var count = 0
    /// The first of them.
    private(set) var first: [Difference] = []

    /// The figures of a difference, in the order in which `level_differences()` has them.
    private static let columns = [
        "impressions", "clicks", "conversions", "video_views", "invalid_events", "late_events", "spend_nanos",
        "adjustments", "adjustment_nanos",
    ]

    /// Compares all levels, within a transaction: the database does the work.
    mutating func read(_ schemas: ResultSchemas, _ connection: PostgresConnection) throws {
        let figures = Self.columns.indices.map { "differences[\($0 + 1)]::text" }.joined(separator: ", ")
        let cursor = try RowCursor(
            connection, name: "sluice_levels",
            sql: """
                SELECT comparison, campaign_id, window_start, currency, \(figures)
                FROM \(schemas.spend("level_differences"))()
                """)
        while let row = try cursor.next() {
            count += 1
            guard first.count < Self.keptLimit else { continue }
            let columns = try Self.columns.enumerated().map { index, name in
                Column(name: name, excess: try row.int128(4 + index))
            }
            first.append(
                Difference(
                    comparison: try row.string(0), campaign: try row.int64(1), window: try row.string(2),
                    currency: try row.string(3), columns: columns.filter { $0.excess != 0 }))
        }
    }
}
