import Postgres

/// The table of advertisers' time zones.
struct ZoneStore {
    let schemas: ResultSchemas
    let connection: PostgresConnection

    /// Sets a zone and answers when its first day begins.
    ///
    /// - Throws: what the database refuses: an unknown zone, or a day that is not later than what there is.
    func set(_ advertiser: Int64, _ zone: String, from day: CalendarDate) throws -> Instant {
        try connection.query(
            "SELECT \(schemas.spend("set_zone"))($1, $2, $3::date)",
            [.int8(advertiser), .text(zone), .text(day.description)])
        let begins = try connection.query(
            """
            SELECT floor(extract(epoch FROM starts_at) * 1000)::int8 FROM \(schemas.spend("advertiser_zone"))
            WHERE advertiser_id = $1 AND effective_from = $2::date
            """, [.int8(advertiser), .text(day.description)])
        guard let row = begins.first else {
            throw CommandFailure(.dependency, "the zone was set and is gone again: see `sluice zones list`")
        }
        return Instant(milliseconds: try row.int64(0))
    }

    /// Zones by advertiser, the oldest first.
    func list(_ advertiser: Int64?) throws -> Table {
        let fields = [
            ResultField("advertiser_id", "advertiser_id", .identifier), .date("effective_from"), .date("last_day"),
            ResultField("zone", "zone", .text), .time("starts_at"), .time("ends_at"),
            ResultField("rules", "CASE WHEN rules = current THEN 'as set' ELSE 'changed' END", .text), .time("set_at"),
            ResultField("set_by", "set_by", .text),
        ]
        var table = ResultField.table(fields)
        let zones = schemas.spend("advertiser_zone")
        for row in try connection.query(
            """
            WITH known AS MATERIALIZED (
                SELECT zone, \(schemas.spend("zone_rules"))(zone) AS current
                FROM (SELECT DISTINCT zone FROM \(zones) WHERE $1::int8 IS NULL OR advertiser_id = $1) AS used)
            SELECT \(ResultField.select(fields)) FROM \(zones) AS z JOIN known USING (zone)
            WHERE $1::int8 IS NULL OR advertiser_id = $1
            ORDER BY advertiser_id, z.effective_from
            """, [advertiser.map { .int8($0) } ?? .null])
        {
            table.rows.append(try ResultField.cells(fields, of: row))
        }
        return table
    }
}
