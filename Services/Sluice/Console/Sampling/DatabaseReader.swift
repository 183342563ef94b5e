import Connectors
import Postgres

/// Reads what PostgreSQL says of a job, over one connection that is made again when it is lost. Belongs to one thread.
final class DatabaseReader {
    private let configuration: PostgresConfiguration
    private let schemas: ResultSchemas
    private let names: DatabaseNames
    private let job: String
    private let eventsTopic: String
    private var connection: PostgresConnection?
    private var letters: [DatabaseSample.Letter] = []
    private var lettersReadAt: ContinuousClock.Instant?
    private var lettersCounted: Int64 = -1

    /// How many dead letters and reconciliations are shown.
    static let shown = 12

    init(
        _ configuration: PostgresConfiguration, schemas: ResultSchemas, names: DatabaseNames, job: String,
        eventsTopic: String
    ) {
        var configuration = configuration
        configuration.applicationName = "sluice-console"
        configuration.connectTimeoutSeconds = 2
        configuration.statementTimeoutMilliseconds = 2_000
        configuration.lockTimeoutMilliseconds = 1_000
        configuration.silenceTimeoutMilliseconds = 3_000
        self.configuration = configuration
        self.schemas = schemas
        self.names = names
        self.job = job
        self.eventsTopic = eventsTopic
    }

    /// - Throws: `PostgresError` where there is no connection, or the progress cannot be read.
    func read() throws -> DatabaseSample {
        let connection: PostgresConnection
        if let open = self.connection, open.isOpen {
            connection = open
        } else {
            connection = try PostgresConnection(configuration)
            self.connection = connection
            try connection.execute("SET default_transaction_read_only = on")
        }
        var sample = DatabaseSample()
        do {
            try readProgress(&sample, connection)
        } catch {
            // What is wrong with the session is not known: the next attempt has a new one.
            connection.close()
            throw error
        }
        // Tables of a later version, or a scan that takes too long: the progress is shown all the same.
        func attempt(_ what: String, _ body: () throws -> Void) {
            do { try body() } catch { sample.gaps.append("\(what): \(CommandFailure(error).line)") }
        }
        attempt("reconciliations") { sample.reconciliations = try reconciliations(connection) }
        attempt("outbox") { sample.outbox = try outbox(connection) }
        attempt("dead letters") { try readLetters(of: sample, connection) }
        sample.letters = letters
        return sample
    }

    private func readProgress(_ sample: inout DatabaseSample, _ connection: PostgresConnection) throws {
        let now = try connection.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8")
        sample.nowMilliseconds = try now[0].int64(0)
        let rows = try connection.query(
            """
            SELECT topic, partition, owner, epoch, next_offset, records, dead_letters,
                (extract(epoch FROM watermark) * 1000)::int8 AS watermark_ms,
                (extract(epoch FROM updated_at) * 1000)::int8 AS updated_ms,
                coalesce(idle_offset = next_offset, false) AS idle
            FROM \(schemas.progress) WHERE job = $1 ORDER BY topic, partition LIMIT 2000
            """, [.text(job)])
        for row in rows {
            sample.partitions.append(
                DatabaseSample.Partition(
                    topic: try row.string("topic"), partition: try row.int64("partition"),
                    owner: try row.optionalString("owner") ?? "", epoch: try row.int64("epoch"),
                    nextOffset: try row.optionalInt64("next_offset"),
                    watermarkMilliseconds: try row.optionalInt64("watermark_ms"), records: try row.int64("records"),
                    deadLetters: try row.int64("dead_letters"), updatedMilliseconds: try row.int64("updated_ms"),
                    isIdle: try row.bool("idle")))
        }
    }

    private func reconciliations(_ connection: PostgresConnection) throws -> [DatabaseSample.Reconciliation] {
        func milliseconds(_ column: String) -> String { "floor(extract(epoch FROM \(column)) * 1000)::int8" }
        let rows = try connection.query(
            """
            SELECT report_id, kind, topic, \(milliseconds("from_time")), \(milliseconds("to_time")), verdict, obstacle,
                records, difference_count, \(milliseconds("finished_at"))
            FROM \(names.table("sluice", "reconciliation")) WHERE job = $1 ORDER BY id DESC LIMIT \(Self.shown)
            """, [.text(job)])
        return try rows.map { row in
            DatabaseSample.Reconciliation(
                report: try row.string(0), kind: try row.string(1), topic: try row.string(2),
                fromMilliseconds: try row.optionalInt64(3), toMilliseconds: try row.optionalInt64(4),
                verdict: try row.string(5), obstacle: try row.optionalString(6), records: try row.int64(7),
                differences: try row.int64(8), finishedMilliseconds: try row.int64(9))
        }
    }

    private func outbox(_ connection: PostgresConnection) throws -> [DatabaseSample.Outbox] {
        let rows = try connection.query(
            """
            SELECT lane.output, sum(greatest(0, lane.last_sequence - coalesce(position.position, 0)))::int8
            FROM \(names.table("sluice", "outbox_lane")) AS lane
            LEFT JOIN \(names.table("sluice", "outbox_position")) AS position USING (output, lane)
            GROUP BY lane.output ORDER BY lane.output
            """)
        return try rows.map { DatabaseSample.Outbox(output: try $0.string(0), waiting: try $0.int64(1)) }
    }

    /// The table has no index by time, so it is read only when the progress says that there are more letters, and every
    /// ten seconds for those that were re-driven.
    private func readLetters(of sample: DatabaseSample, _ connection: PostgresConnection) throws {
        let counted = sample.partitions.reduce(0) { $0 + $1.deadLetters }
        let isOld = lettersReadAt.map { ContinuousClock.now - $0 > .seconds(10) } ?? true
        guard isOld || counted != lettersCounted else { return }
        // Also where it fails: a scan that takes too long is not to be tried again at once.
        lettersReadAt = .now
        lettersCounted = counted
        let rows = try connection.query(
            """
            SELECT topic, partition, record_offset, reason, (extract(epoch FROM at) * 1000)::int8 AS at_ms,
                (extract(epoch FROM redriven_at) * 1000)::int8 AS redriven_ms, octet_length(payload) AS payload_bytes,
                CASE WHEN octet_length(payload) <= 65536 THEN payload END AS payload
            FROM \(schemas.deadLetter) WHERE job = $1
            ORDER BY at DESC, topic, partition, record_offset DESC LIMIT \(Self.shown)
            """, [.text(job)])
        letters = try rows.map { row in
            let topic = try row.string("topic")
            return DatabaseSample.Letter(
                topic: topic, partition: try row.int64("partition"), offset: try row.int64("record_offset"),
                reason: try row.string("reason"), storedMilliseconds: try row.int64("at_ms"),
                redrivenMilliseconds: try row.optionalInt64("redriven_ms"),
                payloadBytes: try row.optionalInt64("payload_bytes"),
                fields: topic == eventsTopic ? Self.fields(try row.optionalBytes("payload")) : nil)
        }
    }

    /// The fields of an event but those about a person.
    static func fields(_ payload: [UInt8]?) -> [(name: String, value: String)]? {
        guard let payload, !payload.isEmpty else { return nil }
        return ShowCommand.fields(of: payload)?.filter { $0.name != "user_hash" }
    }
}
