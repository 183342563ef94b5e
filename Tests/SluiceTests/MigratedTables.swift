import Connectors
import LocalServers
import Postgres
import SpendAggregatorJob
import Testing

@testable import Sluice

/// The tables and views of the results as the service makes them, under a prefix of their own, filled by the functions
/// that the service calls; removed with the object.
final class MigratedTables {
    /// What came of the records of one partition for one minute of an ad.
    struct Charge {
        var minute: String
        var campaign: Int64 = 70
        var currency = "EUR"
        var impressions = 1
        var nanos: String
        var ad: Int64 = 700
        var partition = 0
        /// The watermark before the change; nil: none.
        var closedUntil: String?
    }

    static let advertiser: Int64 = 7
    let schemas: ResultSchemas
    let configuration: PostgresConfiguration
    let connection: PostgresConnection

    init() async throws {
        schemas = ResultSchemas(prefix: TestServers.uniqueName("levels") + "_")
        configuration = PostgresConfiguration(connectionString: try await TestServers.postgres())
        connection = try PostgresConnection(configuration)
        let names = try DatabaseNames(prefix: schemas.prefix)
        try ProgressMigrations.migrator(names).apply(on: connection)
        try SpendMigrations.migrator(names).apply(on: connection)
    }

    deinit {
        let prefix = schemas.prefix
        try? connection.execute(
            "ROLLBACK; DROP SCHEMA \"\(prefix)spend\" CASCADE; DROP SCHEMA \"\(prefix)sluice\" CASCADE")
    }

    /// Where the tests' PostgreSQL is.
    static func server() async throws -> String { try await TestServers.postgres() }

    /// The options of a command that reads these results.
    var options: [String] { ["--postgres", configuration.connectionString, "--schema-prefix", schemas.prefix] }

    /// What a checkpoint writes, in a transaction that is left open.
    func begin(_ charges: [Charge], on session: PostgresConnection) throws {
        for charge in charges {
            try session.query(
                "SELECT \(schemas.spend("ensure_day"))(date_trunc('day', $1::timestamptz, 'UTC'))",
                [.text(charge.minute)])
        }
        try session.execute("BEGIN; SELECT \(schemas.spend("begin_results"))()")
        for charge in charges {
            let hour = "date_bin('1 hour', '\(charge.minute)', timestamptz '2000-01-01 00:00:00+00')"
            let zero = "ARRAY[0::int8]"
            let measures =
                "ARRAY[\(charge.impressions)::int8], \(zero), \(zero), \(zero), \(zero), \(zero), ARRAY[\(charge.nanos)::numeric]"
            let closed = charge.closedUntil.map { "ARRAY['\($0)'::timestamptz]" } ?? "ARRAY[NULL::timestamptz]"
            func key(_ time: String) -> String {
                """
                ARRAY[\(charge.partition)], ARRAY[\(time)::timestamptz], ARRAY[\(charge.campaign)::int8],
                ARRAY[\(Self.advertiser)::int8], ARRAY['\(charge.currency)']
                """
            }
            try session.execute(
                """
                SELECT \(schemas.spend("add_minutes"))(\(key("'\(charge.minute)'")), \(measures), \(closed));
                SELECT \(schemas.spend("add_ad_hours"))('e', \(key(hour)), ARRAY[1::int8], ARRAY[\(charge.ad)::int8],
                    \(measures), \(zero), ARRAY[0::numeric], \(closed));
                SELECT \(schemas.spend("add_placement_hours"))(\(key(hour)), ARRAY[2], \(measures), \(closed));
                SELECT \(schemas.spend("add_country_hours"))(\(key(hour)), ARRAY['DE'], \(measures), \(closed))
                """)
        }
    }

    /// One checkpoint.
    func add(_ charges: [Charge]) throws {
        try begin(charges, on: connection)
        try connection.execute("COMMIT")
    }

    /// An adjustment of campaign 70 in EUR; its id ends with this byte.
    func adjust(
        _ id: UInt8, at time: String, nanos: String, reason: String = "invalid_traffic", reference: String = "r"
    )
        throws
    {
        try connection.query(
            """
            SELECT \(schemas.spend("add_adjustments"))(ARRAY[0], ARRAY[$1], ARRAY[$2::timestamptz],
                ARRAY[\(Self.advertiser)::int8], ARRAY[70::int8], ARRAY[0::int8], ARRAY[0::int8],
                ARRAY[$3::numeric], ARRAY['EUR'], ARRAY[$4], ARRAY[$5])
            """,
            [
                .bytea([UInt8](repeating: 0, count: 15) + [id]), .text(time), .text(nanos), .text(reason),
                .text(reference),
            ])
    }

    /// A cursor with nothing behind it: whatever else runs in the server holds cursors back until it has ended.
    func settledCursor() async throws -> String {
        let deadline = ContinuousClock.now.advanced(by: .seconds(300))
        while ContinuousClock.now < deadline {
            let answer = try LevelQuery(level: .lifetime, since: "").answer(in: schemas, on: connection)
            let cursor = try #require(answer.cursor)
            let changed = try LevelQuery(level: .lifetime, since: cursor).answer(in: schemas, on: connection)
            if changed.rows.rows.isEmpty { return cursor }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw CommandFailure(.dependency, "a transaction has been under way for five minutes")
    }

    func setRate(_ from: String, _ to: String, _ day: String, _ rate: String) throws {
        try connection.execute(
            "INSERT INTO \(schemas.spend("exchange_rate")) VALUES ('\(from)', '\(to)', '\(day)', \(rate))")
    }

    /// Lets the watermark of the only partition stand at a moment.
    func setWatermark(_ moment: String) throws {
        let sluice = quoteIdentifier(schemas.prefix + "sluice")
        try connection.execute(
            """
            INSERT INTO \(sluice).output (job, topic, schema_name) VALUES ('j', 't', '\(schemas.prefix)spend')
                ON CONFLICT DO NOTHING;
            INSERT INTO \(sluice).progress (job, topic, partition, epoch, next_offset, watermark, owner)
                VALUES ('j', 't', 0, 1, 1, '\(moment)', 'tests')
                ON CONFLICT (job, topic, partition) DO UPDATE SET watermark = excluded.watermark
            """)
    }
}
