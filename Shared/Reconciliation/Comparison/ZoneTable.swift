import Connectors
import Postgres

/// In which zone an advertiser's days are cut, as "spend".advertiser_zone says, and which date a moment has there, as
/// PostgreSQL's own AT TIME ZONE says: none of the functions that the results are made with is called.
final class ZoneTable {
    private struct Entry {
        /// Milliseconds; `.min` and `.max` for the infinities.
        var starts: Int64
        var ends: Int64
        var zone: String
        /// Days since 1970-01-01; `.max`: without end.
        var lastDay: Int64
    }

    /// A zone's dates within a day of UTC: each from `start` on.
    private struct Run {
        var start: Int64
        var day: Int64
    }

    private struct Block: Hashable {
        var zone: String
        var day: Int64
    }

    static let dayMilliseconds: Int64 = 86_400_000
    private static let longestCache = 8_192
    private let connection: PostgresConnection
    private var entries: [Int64: [Entry]] = [:]
    private var runs: [Block: [Run]] = [:]

    init(_ connection: PostgresConnection, _ names: DatabaseNames) throws {
        self.connection = connection
        let rows = try connection.query(
            """
            SELECT advertiser_id, zone,
                CASE WHEN isfinite(starts_at) THEN \(ResultSnapshot.milliseconds("starts_at")) END,
                CASE WHEN isfinite(ends_at) THEN \(ResultSnapshot.milliseconds("ends_at")) END,
                CASE WHEN isfinite(last_day) THEN (last_day - date '1970-01-01')::int8 END
            FROM \(names.table("spend", "advertiser_zone")) ORDER BY advertiser_id, starts_at
            """)
        for row in rows {
            entries[try row.int64(0), default: []].append(
                Entry(
                    starts: try row.optionalInt64(2) ?? .min, ends: try row.optionalInt64(3) ?? .max,
                    zone: try row.string(1), lastDay: try row.optionalInt64(4) ?? .max))
        }
    }

    /// The day (days since 1970-01-01) of an advertiser that a moment (milliseconds) belongs to. Exact for the beginning
    /// of a minute.
    func day(ofAdvertiser advertiser: Int64, at moment: Int64) throws -> Int64 {
        guard let zones = entries[advertiser],
            let entry = zones.first(where: { moment >= $0.starts && moment < $0.ends })
        else { return Self.floorDay(moment) }
        return min(try date(in: entry.zone, at: moment), entry.lastDay)
    }

    /// The date (days since 1970-01-01) in a zone at the beginning of a minute.
    func date(in zone: String, at moment: Int64) throws -> Int64 {
        let block = Block(zone: zone, day: Self.floorDay(moment))
        if zone == "UTC" { return block.day }
        let known = try runs[block] ?? read(block)
        return known.last { $0.start <= moment }?.day ?? block.day
    }

    static func floorDay(_ moment: Int64) -> Int64 {
        moment >= 0 ? moment / dayMilliseconds : -((-moment + dayMilliseconds - 1) / dayMilliseconds)
    }

    private func read(_ block: Block) throws -> [Run] {
        // Every minute is asked for: where the date changes is PostgreSQL's to say.
        let rows = try connection.query(
            """
            SELECT ms, day FROM (
                SELECT ms, day, lag(day) OVER (ORDER BY ms) AS before FROM (
                    SELECT ms, ((to_timestamp(ms / 1000.0) AT TIME ZONE $1)::date - date '1970-01-01')::int8 AS day
                    FROM generate_series($2::int8, $2::int8 + 86340000, 60000) AS minutes(ms)
                ) AS dated
            ) AS changes
            WHERE before IS DISTINCT FROM day ORDER BY ms
            """, [.text(block.zone), .int8(block.day * Self.dayMilliseconds)])
        var found: [Run] = []
        for row in rows { found.append(Run(start: try row.int64(0), day: try row.int64(1))) }
        if runs.count >= Self.longestCache { runs.removeAll() }
        runs[block] = found
        return found
    }
}
