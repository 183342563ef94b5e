public import Connectors
public import Postgres

/// The results as one REPEATABLE READ snapshot of PostgreSQL has them, with the offsets that they go up to. It reads the
/// tables themselves and calls none of the functions that write them.
///
/// Belongs to one thread; the connection is in its transaction until `close()`.
public final class ResultSnapshot {
    public let connection: PostgresConnection
    public let names: DatabaseNames
    public let cut: ResultCut
    let zones: ZoneTable
    private var cursorCount = 0
    private let silence: Int

    /// - Parameters:
    ///   - connection: idle. Its limits on idleness and on the length of statements are lifted for the transaction.
    ///   - job: whose results are meant.
    ///   - longestStatementMilliseconds: how long one query of a comparison may take.
    /// - Throws: `ComparisonError` where the job has no results here; `PostgresError`.
    public init(
        _ connection: PostgresConnection, names: DatabaseNames, job: String,
        longestStatementMilliseconds: Int = 30 * 60_000
    ) throws {
        self.connection = connection
        self.names = names
        silence = connection.silenceTimeoutMilliseconds
        try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        do {
            // The log is read while the snapshot waits: that takes as long as it takes.
            try connection.execute(
                """
                SET LOCAL idle_in_transaction_session_timeout = 0;
                SET LOCAL statement_timeout = \(longestStatementMilliseconds);
                SET LOCAL TimeZone = 'UTC'
                """)
            if silence > 0 {
                connection.silenceTimeoutMilliseconds = max(silence, longestStatementMilliseconds + 10_000)
            }
            cut = try Self.readCut(connection, names, job: job)
            zones = try ZoneTable(connection, names)
        } catch {
            connection.silenceTimeoutMilliseconds = silence
            // What failed is reported; a rollback that fails as well adds nothing to it.
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    /// Ends the transaction; the connection can be used for something else.
    public func close() {
        connection.silenceTimeoutMilliseconds = silence
        guard connection.isOpen, connection.transactionState != .idle else { return }
        // Read only: nothing depends on how it ends.
        try? connection.execute("ROLLBACK")
    }

    /// A name for the next cursor of the transaction.
    func nextCursorName() -> String {
        cursorCount += 1
        return "reconciliation_\(cursorCount)"
    }

    func spend(_ table: String) -> String { names.table("spend", table) }
    func sluice(_ table: String) -> String { names.table("sluice", table) }

    func cursor(_ sql: String, _ parameters: [PostgresParameter] = []) throws -> SnapshotCursor {
        try SnapshotCursor(connection, name: nextCursorName(), sql: sql, parameters: parameters)
    }

    private static func readCut(
        _ connection: PostgresConnection, _ names: DatabaseNames, job: String
    ) throws -> ResultCut {
        let repairs = names.table("sluice", "reconciliation_repair")
        guard try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text(repairs)])[0].bool(0) else {
            throw ComparisonError(
                "The database has no table \(repairs).",
                hint: "Apply the migrations of this version: `spend-aggregator migrate`. Is it the right schema prefix?"
            )
        }
        let outputs = try connection.query(
            "SELECT topic, source FROM \(names.table("sluice", "output")) WHERE job = $1 AND schema_name = $2",
            [.text(job), .text(names.schema("spend"))])
        var topics: [String: String] = [:]
        for row in outputs { topics[try row.string(1)] = try row.string(0) }
        guard let topic = topics[""] else { throw try unknown(job, connection, names) }
        var cut = ResultCut(job: job, topic: topic)
        cut.adjustmentsTopic = topics["adjustments"]
        cut.partitions = try progress(connection, names, job, topic)
        if let adjustments = cut.adjustmentsTopic {
            cut.adjustmentPartitions = try progress(connection, names, job, adjustments)
        }
        cut.changes = try changes(connection, names, job)
        let moments = try connection.query(
            """
            SELECT (SELECT \(milliseconds("watermark")) FROM \(names.table("spend", "watermark"))),
                (SELECT CASE WHEN isfinite(kept_from) THEN \(milliseconds("kept_from")) END
                    FROM \(names.table("spend", "minute_retention"))),
                (SELECT number FROM \(names.table("spend", "generation"))), \(milliseconds("now()")),
                (SELECT coalesce(max(id), 0) FROM \(names.table("sluice", "reconciliation_repair")))
            """)[0]
        cut.watermark = try moments.optionalInt64(0)
        cut.minutesKeptFrom = try moments.optionalInt64(1)
        cut.generation = try moments.int64(2)
        cut.takenAt = try moments.int64(3)
        cut.lastRepair = try moments.int64(4)
        return cut
    }

    private static func unknown(
        _ job: String, _ connection: PostgresConnection, _ names: DatabaseNames
    ) throws -> ComparisonError {
        let known = try connection.query(
            "SELECT DISTINCT job FROM \(names.table("sluice", "output")) WHERE source = '' ORDER BY job LIMIT 20")
        var jobs: [String] = []
        for row in known { jobs.append("'\(try row.string(0))'") }
        let answer = jobs.isEmpty ? "No job has written any yet." : "Jobs that have: \(jobs.joined(separator: ", "))."
        return ComparisonError(
            "The job '\(job)' has no results in the schema \(names.schema("spend")).", hint: answer)
    }

    private static func progress(
        _ connection: PostgresConnection, _ names: DatabaseNames, _ job: String, _ topic: String
    ) throws -> [ResultCut.AppliedPartition] {
        let rows = try connection.query(
            """
            SELECT partition, epoch, next_offset, stream_time_ms, \(milliseconds("watermark")), records, duplicates,
                late_events, invalid_events, dead_letters, skipped_offsets
            FROM \(names.table("sluice", "progress")) WHERE job = $1 AND topic = $2 ORDER BY partition
            """, [.text(job), .text(topic)])
        var partitions: [ResultCut.AppliedPartition] = []
        for row in rows {
            partitions.append(
                .init(
                    topic: topic, partition: Int32(truncatingIfNeeded: try row.int64(0)), epoch: try row.int64(1),
                    nextOffset: try row.optionalInt64(2), streamTime: try row.optionalInt64(3),
                    watermark: try row.optionalInt64(4), records: try row.int64(5), duplicates: try row.int64(6),
                    late: try row.int64(7), invalid: try row.int64(8), deadLetters: try row.int64(9),
                    skipped: try row.int64(10)))
        }
        return partitions
    }

    private static func changes(
        _ connection: PostgresConnection, _ names: DatabaseNames, _ job: String
    ) throws -> [ResultCut.OperatorChange] {
        let rows = try connection.query(
            """
            SELECT id, topic, partition, kind, reason, \(milliseconds("at")), (before->>'next_offset')::int8,
                (after->>'next_offset')::int8
            FROM \(names.table("sluice", "progress_change")) WHERE job = $1 ORDER BY id
            """, [.text(job)])
        var changes: [ResultCut.OperatorChange] = []
        for row in rows {
            changes.append(
                .init(
                    id: try row.int64(0), topic: try row.string(1),
                    partition: Int32(truncatingIfNeeded: try row.int64(2)), kind: try row.string(3),
                    reason: try row.string(4), at: try row.int64(5), nextOffsetBefore: try row.optionalInt64(6),
                    nextOffsetAfter: try row.optionalInt64(7)))
        }
        return changes
    }

    /// SQL for a moment in milliseconds of Unix time, rounded down.
    static func milliseconds(_ sql: String) -> String { "floor(extract(epoch FROM \(sql)) * 1000)::int8" }
}
