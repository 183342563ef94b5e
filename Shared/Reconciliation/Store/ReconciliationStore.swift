public import Connectors
public import Postgres

/// The reports of reconciliations as rows of "sluice".reconciliation, for whoever wants to see what was proven and when.
/// (ProgressMigrations makes the tables.)
public struct ReconciliationStore {
    /// What a report was made for.
    public enum Kind: String, Sendable {
        /// An hour that was closed by the service.
        case hour
        /// Everything, by the service.
        case full
        /// By hand.
        case run
    }

    /// A stored reconciliation, without its report.
    public struct Entry: Equatable, Sendable {
        public var id: Int64
        public var kind: String
        /// Milliseconds of Unix time; nil: unbounded.
        public var fromMilliseconds: Int64?
        public var toMilliseconds: Int64?
        public var revision: Int64
        public var verdict: String
        public var records: Int64
        public var differenceCount: Int64
        public var reportID: String
        public var finishedAtMilliseconds: Int64
    }

    private let connection: PostgresConnection
    private let names: DatabaseNames
    private var table: String { names.table("sluice", "reconciliation") }

    public init(_ connection: PostgresConnection, names: DatabaseNames) {
        self.connection = connection
        self.names = names
    }

    /// Stores a report with its differences, in a transaction. A range that was stored before gets a further revision.
    ///
    /// - Parameters:
    ///   - differenceNanos: see `ComparisonOutcome.differenceNanos`.
    /// - Returns: the row's id.
    @discardableResult
    public func save(
        _ report: ReconciliationReport, kind: Kind, differenceNanos: [String: Int128] = [:]
    ) throws -> Int64 {
        let json = try report.json()
        try connection.execute("BEGIN")
        do {
            let id = try insert(report, json, kind, differenceNanos)
            for difference in report.differences { try insert(difference, of: id) }
            try connection.execute("COMMIT")
            return id
        } catch {
            // What failed is reported; a rollback that fails as well adds nothing to it.
            if connection.isOpen { try? connection.execute("ROLLBACK") }
            throw error
        }
    }

    private func insert(
        _ report: ReconciliationReport, _ json: String, _ kind: Kind, _ nanos: [String: Int128]
    ) throws -> Int64 {
        let scope = report.scope
        func moment(_ milliseconds: Int64?) -> PostgresParameter { milliseconds.map { .int8($0) } ?? .null }
        let findings = report.findings.map { finding in
            JSONText.object([("class", JSONText.string(finding.class.rawValue)), ("count", String(finding.count))])
        }
        let cut = scope.partitions.map { partition in
            JSONText.object([
                ("topic", JSONText.string(partition.topic)), ("partition", String(partition.partition)),
                ("from_offset", String(partition.fromOffset)), ("to_offset", String(partition.toOffset)),
            ])
        }
        let amounts = nanos.sorted { $0.key < $1.key }.map { ($0.key, JSONText.string(String($0.value))) }
        let finished = report.createdAtMilliseconds
        let rows = try connection.query(
            """
            INSERT INTO \(table) (job, topic, kind, from_time, to_time, revision, verdict, obstacle, records, rows_compared,
                difference_count, difference_nanos, findings, cut, report, report_hash, report_id, started_at, finished_at,
                cpu_ms, wall_ms, program)
            SELECT $1, $2, $3, b.from_time, b.to_time,
                (SELECT coalesce(max(r.revision), 0) + 1 FROM \(table) AS r WHERE r.job = $1 AND r.topic = $2 AND r.kind = $3
                    AND r.from_time IS NOT DISTINCT FROM b.from_time AND r.to_time IS NOT DISTINCT FROM b.to_time),
                $6, $7, $8, $9, $10, $11::jsonb, $12::jsonb, $13::jsonb, $14::text::json,
                encode(sha256(convert_to($14::text, 'UTF8')), 'hex'), $15, to_timestamp($16::int8::numeric / 1000),
                to_timestamp($17::int8::numeric / 1000), $18, $19, $20
            FROM (SELECT to_timestamp($4::int8::numeric / 1000) AS from_time,
                to_timestamp($5::int8::numeric / 1000) AS to_time) AS b
            RETURNING id
            """,
            [
                .text(scope.job), .text(scope.topic), .text(kind.rawValue), moment(scope.fromMilliseconds),
                moment(scope.toMilliseconds), .text(report.verdict.rawValue),
                report.obstacle.map { .text($0) } ?? .null, .int8(scope.records),
                .int8(report.checks.reduce(0) { $0 + $1.compared }), .int8(report.differenceCount),
                .text(JSONText.object(amounts)), .text("[\(findings.joined(separator: ", "))]"),
                .text("[\(cut.joined(separator: ", "))]"), .text(json), .text(report.id),
                .int8(finished - report.cost.wallMilliseconds), .int8(finished), .int8(report.cost.cpuMilliseconds),
                .int8(report.cost.wallMilliseconds), .text(report.program),
            ])
        return try rows[0].int64(0)
    }

    private func insert(_ difference: ReconciliationReport.Difference, of id: Int64) throws {
        func text(_ value: String?) -> String { value.map { JSONText.string($0) } ?? "null" }
        let key = JSONText.object(difference.key.map { ($0.name, JSONText.string($0.value)) })
        let columns = JSONText.object(
            difference.columns.map { column in
                (
                    column.name,
                    JSONText.object([("expected", text(column.expected)), ("actual", text(column.actual))])
                )
            })
        let events = difference.events.map { event in
            JSONText.object([
                ("topic", JSONText.string(event.topic)), ("partition", String(event.partition)),
                ("offset", String(event.offset)),
            ])
        }
        try connection.query(
            """
            INSERT INTO \(names.table("sluice", "reconciliation_difference")) (reconciliation_id, number, check_name, class,
                row_key, differing, nanos, currency, events, event_count, explanation)
            VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7::numeric, $8, $9::jsonb, $10, $11)
            """,
            [
                .int8(id), .int8(Int64(difference.number)), .text(difference.check), .text(difference.class.rawValue),
                .text(key), .text(columns), .text(difference.nanos), difference.currency.map { .text($0) } ?? .null,
                .text("[\(events.joined(separator: ", "))]"), .int8(difference.eventCount),
                .text(difference.explanation),
            ])
    }

    /// When the last hour ends that was closed (milliseconds of Unix time), in its newest revision; nil: none was.
    public func lastHourClosed(job: String, topic: String) throws -> Int64? {
        try connection.query(
            """
            SELECT \(ResultSnapshot.milliseconds("max(to_time)")) FROM \(table)
            WHERE job = $1 AND topic = $2 AND kind = 'hour' AND verdict <> 'could_not_compare'
            """, [.text(job), .text(topic)])[0].optionalInt64(0)
    }

    /// The report that an hour was closed with last; nil where it was not.
    ///
    /// - Parameter hour: its beginning, milliseconds of Unix time.
    public func closing(job: String, topic: String, hour: Int64) throws -> ReconciliationReport? {
        let rows = try connection.query(
            """
            SELECT report::text FROM \(table)
            WHERE job = $1 AND topic = $2 AND kind = 'hour' AND from_time = to_timestamp($3::int8::numeric / 1000)
                AND to_time = to_timestamp($3::int8::numeric / 1000) + interval '1 hour' AND verdict <> 'could_not_compare'
            ORDER BY revision DESC LIMIT 1
            """, [.text(job), .text(topic), .int8(hour)])
        guard let row = rows.first else { return nil }
        return try ReconciliationReport(json: row.string(0))
    }

    /// The newest reconciliations of a job first.
    public func list(job: String, topic: String? = nil, kind: Kind? = nil, limit: Int = 100) throws -> [Entry] {
        let rows = try connection.query(
            """
            SELECT id, kind, \(ResultSnapshot.milliseconds("from_time")), \(ResultSnapshot.milliseconds("to_time")),
                revision, verdict, records, difference_count, report_id, \(ResultSnapshot.milliseconds("finished_at"))
            FROM \(table) WHERE job = $1 AND ($2::text IS NULL OR topic = $2) AND ($3::text IS NULL OR kind = $3)
            ORDER BY id DESC LIMIT $4
            """,
            [
                .text(job), topic.map { .text($0) } ?? .null, kind.map { .text($0.rawValue) } ?? .null,
                .int8(Int64(limit)),
            ])
        var entries: [Entry] = []
        for row in rows {
            entries.append(
                Entry(
                    id: try row.int64(0), kind: try row.string(1), fromMilliseconds: try row.optionalInt64(2),
                    toMilliseconds: try row.optionalInt64(3), revision: try row.int64(4), verdict: try row.string(5),
                    records: try row.int64(6), differenceCount: try row.int64(7), reportID: try row.string(8),
                    finishedAtMilliseconds: try row.int64(9)))
        }
        return entries
    }

    /// The newest stored report whose id begins with these digits.
    ///
    /// - Returns: nil where there is none.
    /// - Throws: `ComparisonError` where the text that is stored is not the one that was hashed; `ReportError`.
    public func report(id prefix: String) throws -> ReconciliationReport? {
        let rows = try connection.query(
            """
            SELECT report::text, encode(sha256(convert_to(report::text, 'UTF8')), 'hex') = report_hash
            FROM \(table) WHERE starts_with(report_id, $1) AND $1 <> '' ORDER BY id DESC LIMIT 1
            """, [.text(prefix)])
        guard let row = rows.first else { return nil }
        guard try row.bool(1) else {
            throw ComparisonError(
                "The stored report \(prefix) is not the one that was stored: its hash is another one.",
                hint: "Somebody has changed it. Reconcile again.")
        }
        return try ReconciliationReport(json: row.string(0))
    }
}
