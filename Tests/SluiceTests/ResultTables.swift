import LocalServers
import Postgres

@testable import Sluice

/// The tables of a job's results by their contract, made by hand under a prefix of their own and removed with the
/// object.
final class ResultTables {
    let schemas: ResultSchemas
    let configuration: PostgresConfiguration
    let connection: PostgresConnection
    static let job = "spend-aggregator"

    init() async throws {
        schemas = ResultSchemas(prefix: TestServers.uniqueName("cli") + "_")
        configuration = PostgresConfiguration(connectionString: try await TestServers.postgres())
        connection = try PostgresConnection(configuration)
        let prefix = schemas.prefix
        try connection.execute(
            """
            CREATE SCHEMA "\(prefix)spend"; CREATE SCHEMA "\(prefix)sluice";
            CREATE TABLE \(schemas.minute) (advertiser_id int8, campaign_id int8, minute timestamptz, currency text,
                impressions int8, clicks int8, conversions int8, video_views int8, invalid_events int8,
                spend_nanos numeric(38, 0), late_events int8);
            CREATE TABLE \(schemas.progress) (job text, topic text, partition int4, epoch int8, next_offset int8,
                stream_time_ms int8, watermark timestamptz, records int8, duplicates int8, late_events int8,
                invalid_events int8, dead_letters int8, owner text, updated_at timestamptz DEFAULT now(),
                PRIMARY KEY (job, topic, partition));
            CREATE TABLE \(schemas.deadLetter) (job text, topic text, partition int4, record_offset int8, reason text,
                record_timestamp timestamptz, record_key bytea, payload bytea, headers jsonb,
                at timestamptz DEFAULT now(), redriven_at timestamptz, redriven_offset int8,
                UNIQUE (job, topic, partition, record_offset, at));
            CREATE TABLE \(schemas.spend("level_difference")) (comparison text, campaign_id int8, window_start text,
                currency text, differences numeric[]);
            CREATE FUNCTION \(schemas.spend("level_differences"))() RETURNS SETOF \(schemas.spend("level_difference"))
                LANGUAGE sql STABLE AS 'SELECT * FROM \(schemas.spend("level_difference"))';
            """)
    }

    deinit {
        let prefix = schemas.prefix
        try? connection.execute(
            "ROLLBACK; DROP SCHEMA \"\(prefix)spend\" CASCADE; DROP SCHEMA \"\(prefix)sluice\" CASCADE")
    }

    /// Stores exactly what a truth says.
    func store(_ truth: TruthKeeper, topic: String) throws {
        let minutes = BatchInsert(connection, table: schemas.minute)
        for (key, row) in truth.rows {
            try minutes.add(
                "(\(key.advertiser), \(key.campaign), to_timestamp(\(key.minuteMilliseconds / 1000)), "
                    + "'\(key.currency)', \(row.impressions), \(row.clicks), \(row.conversions), \(row.videoViews), "
                    + "\(row.invalidEvents), \(row.spendNanos), \(row.lateEvents))")
        }
        try minutes.finish()
        let letters = BatchInsert(
            connection, table: schemas.deadLetter + " (job, topic, partition, record_offset, reason)")
        for letter in truth.deadLetters {
            try letters.add(
                "('\(Self.job)', '\(topic)', \(letter.partition), \(letter.offset), '\(letter.reason.rawValue)')")
        }
        try letters.finish()
        for (partition, totals) in truth.partitions {
            try connection.query(
                "INSERT INTO \(schemas.progress) VALUES ($1, $2, $3, 1, $4, $5, NULL, $6, $7, $8, $9, $10, 'tests')",
                [
                    .text(Self.job), .text(topic), .int8(Int64(partition)), .int8(totals.nextOffset),
                    totals.streamTimeMilliseconds.map { .int8($0) } ?? .null, .int8(totals.records),
                    .int8(totals.duplicates), .int8(totals.lateEvents), .int8(totals.invalidEvents),
                    .int8(totals.deadLetters),
                ])
        }
    }
}

/// Rows that are inserted some hundreds at a time.
private final class BatchInsert {
    private let connection: PostgresConnection
    private let table: String
    private var rows: [String] = []

    init(_ connection: PostgresConnection, table: String) {
        self.connection = connection
        self.table = table
    }

    func add(_ row: String) throws {
        rows.append(row)
        if rows.count == 500 { try finish() }
    }

    func finish() throws {
        guard !rows.isEmpty else { return }
        try connection.execute("INSERT INTO \(table) VALUES " + rows.joined(separator: ", "))
        rows.removeAll()
    }
}
