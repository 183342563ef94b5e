import Postgres

/// How long minutes are kept.
struct MinuteRetention {
    let schemas: ResultSchemas
    let connection: PostgresConnection

    /// Drops the minutes of UTC days before a day.
    ///
    /// - Returns: the days that had minutes and are gone, and the first day that is kept.
    /// - Throws: `CommandFailure` (.dependency) where somebody reads minutes for too long; nothing was dropped then.
    func drop(before day: CalendarDate) throws -> (days: [String], keptFrom: String) {
        try connection.execute("BEGIN")
        do {
            let rows = try connection.query(
                "SELECT \(schemas.spend("drop_minutes"))($1::date::timestamp AT TIME ZONE 'UTC')::text",
                [.text(day.description)])
            let kept = try connection.query(
                "SELECT (kept_from AT TIME ZONE 'UTC')::date::text FROM \(schemas.spend("minute_retention"))")
            let days = try rows.map { try $0.string(0) }
            let keptFrom = try kept.first?.string(0) ?? ""
            try connection.execute("COMMIT")
            return (days, keptFrom)
        } catch let error as PostgresError where error.sqlState == "55P03" {
            throw CommandFailure(
                .dependency,
                "somebody reads the minutes, or changes zones or budgets, for too long; nothing was dropped: try again")
        }
    }
}
