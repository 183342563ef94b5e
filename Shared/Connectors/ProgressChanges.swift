public import Postgres
public import Streams

/// The changes that operators make to a job's progress: what is there, what a rewind would remove, the change itself
/// in one transaction, and the record of all of them.
///
/// A job's results are found by what the job has noted in `sluice.output`: schemas with the functions
/// `partition_totals` and `forget_partition`, which are also told the source where a schema has several. So nobody needs to know a service to take its results back.
public struct ProgressChanges {
    let connection: PostgresConnection
    let names: DatabaseNames
    let job: String

    public init(_ connection: PostgresConnection, names: DatabaseNames, job: String) {
        self.connection = connection
        self.names = names
        self.job = job
    }

    var progressTable: String { names.table("sluice", "progress") }
    var changeTable: String { names.table("sluice", "progress_change") }
    var letterTable: String { names.table("sluice", "dead_letter") }
    private var outputTable: String { names.table("sluice", "output") }
    private var redrivenTable: String { names.table("sluice", "redriven_letter") }

    private func key(_ topic: String, _ partition: Partition) -> [PostgresParameter] {
        [.text(job), .text(topic), .int8(Int64(partition.rawValue))]
    }
    private static let atKey = "job = $1 AND topic = $2 AND partition = $3"

    // MARK: What is there

    /// The partition's row; nil where the job has none of it.
    public func state(of topic: String, _ partition: Partition) throws(PostgresError) -> ProgressState? {
        try state(topic, partition, locking: false)?.state
    }

    private func state(
        _ topic: String, _ partition: Partition, locking: Bool
    ) throws(PostgresError) -> (state: ProgressState, json: String)? {
        let columns = (["epoch", "owner"] + PartitionProgress.columns).joined(separator: ", ")
        let rows = try connection.query(
            """
            SELECT \(columns), to_jsonb(p)::text AS whole FROM \(progressTable) AS p WHERE \(Self.atKey)\
            \(locking ? " FOR UPDATE" : "")
            """, key(topic, partition))
        guard let row = rows.first else { return nil }
        let state = ProgressState(
            epoch: Epoch(try row.int64("epoch")), owner: try row.string("owner"), progress: try PartitionProgress(row))
        return (state, try row.string("whole"))
    }

    /// What the job has progress of, as "topic (partitions)"; of the other jobs of the schema where it has none.
    public func known() throws(PostgresError) -> (ofJob: [String], otherJobs: [String]) {
        let rows = try connection.query(
            """
            SELECT job = $1 AS is_own, CASE WHEN job = $1 THEN topic ELSE job END AS name,
                string_agg(DISTINCT partition::text, ', ') AS partitions
            FROM \(progressTable) GROUP BY 1, 2 ORDER BY 2 LIMIT 100
            """, [.text(job)])
        var own: [String] = []
        var others: [String] = []
        for row in rows {
            let name = try row.string("name")
            if try row.bool("is_own") {
                own.append("\(name) (\(try row.string("partitions")))")
            } else {
                others.append(name)
            }
        }
        return (own, others)
    }

    /// Whether results hold records that are not in the log any more because it was cut off or made again, and the
    /// job went on since: no rewind can bring them back.
    public func outlivedItsLog(_ topic: String, _ partition: Partition) throws(PostgresError) -> Bool {
        let rows = try connection.query(
            """
            SELECT EXISTS (
                SELECT FROM \(changeTable) WHERE \(Self.atKey) AND kind IN ('accept_truncation', 'new_log') AND version >
                    coalesce((SELECT max(version) FROM \(changeTable) WHERE \(Self.atKey) AND kind = 'rewind'), 0))
            """, key(topic, partition))
        return try rows[0].bool(0)
    }

    /// What a rewind would remove.
    public func totals(_ topic: String, _ partition: Partition) throws -> [OutputTotal] {
        var totals: [OutputTotal] = []
        for place in try outputPlaces(topic) {
            let rows = try connection.query(
                "SELECT * FROM \(quoteIdentifier(place.schema)).partition_totals\(place.arguments)",
                place.parameters(partition))
            for row in rows {
                totals.append(
                    OutputTotal(
                        output: "\(place.schema).\(try row.string("output"))", rows: try row.int64("row_count"),
                        currency: try row.optionalString("currency"), nanos: try row.optionalInt128("nanos")))
            }
        }
        let letters = try connection.query(
            "SELECT count(*) FROM \(letterTable) WHERE \(Self.atKey)", key(topic, partition))
        totals.append(OutputTotal(output: "\(names.schema("sluice")).dead_letter", rows: try letters[0].int64(0)))
        return totals
    }

    /// How many of the partition's letters were sent again, before a rewind or since: their records stand in the log
    /// twice.
    public func redrivenLetters(_ topic: String, _ partition: Partition) throws(PostgresError) -> Int64 {
        let rows = try connection.query(
            """
            SELECT count(*) FROM (
                SELECT record_offset FROM \(letterTable) WHERE \(Self.atKey) AND redriven_at IS NOT NULL
                UNION SELECT record_offset FROM \(redrivenTable) WHERE \(Self.atKey)
            ) AS sent
            """, key(topic, partition))
        return try rows[0].int64(0)
    }

    /// A schema with results of the topic, and which of its sources the topic is.
    private struct OutputPlace {
        let schema: String
        let source: String

        /// Of the schema's functions.
        var arguments: String { source.isEmpty ? "($1::int4)" : "($1::int4, $2::text)" }

        func parameters(_ partition: Partition) -> [PostgresParameter] {
            [.int8(Int64(partition.rawValue))] + (source.isEmpty ? [] : [.text(source)])
        }
    }

    private func outputPlaces(_ topic: String) throws -> [OutputPlace] {
        let rows = try connection.query(
            "SELECT schema_name, source FROM \(outputTable) WHERE job = $1 AND topic = $2 ORDER BY schema_name",
            [.text(job), .text(topic)])
        guard !rows.isEmpty else { throw ProgressChangeRefusal.unknownOutputs }
        // Topics of one job may share a schema as different sources of it, whose rows it tells apart.
        let shared = try connection.query(
            """
            SELECT other.schema_name, other.job, other.topic FROM \(outputTable) AS own
            JOIN \(outputTable) AS other USING (schema_name)
            WHERE own.job = $1 AND own.topic = $2 AND (other.job, other.topic) <> ($1, $2)
                AND (other.job <> $1 OR other.source = own.source) LIMIT 1
            """, [.text(job), .text(topic)])
        if let row = shared.first {
            throw ProgressChangeRefusal.sharedOutput(
                schema: try row.string(0), job: try row.string(1), topic: try row.string(2))
        }
        return try rows.map { OutputPlace(schema: try $0.string(0), source: try $0.string(1)) }
    }

    // MARK: The change

    /// What a change that was made is recorded as.
    public struct Recorded: Equatable, Sendable {
        public var version: Int64
        public var epoch: Epoch
        public var removed: [OutputTotal]
    }

    /// Makes a change in one transaction: the epoch is raised, so that a commit of the owner so far is refused; a
    /// rewind removes the outputs; the change is recorded.
    ///
    /// - Throws: `ProgressChangeRefusal`, `PostgresError`; nothing is changed then, unless the error is a connection
    ///   that was lost while committing: the record of changes says what happened.
    public func make(_ change: ProgressChange) throws -> Recorded {
        try connection.execute("BEGIN")
        do {
            let recorded = try makeInTransaction(change)
            try connection.execute("COMMIT")
            return recorded
        } catch {
            // What failed is reported; a rollback that fails as well adds nothing to it.
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    private func makeInTransaction(_ change: ProgressChange) throws -> Recorded {
        // The worker's checkpoints take this lock first as well: what they write is whole before or refused after.
        guard let (state, before) = try state(change.topic, change.partition, locking: true),
            state.epoch == change.seen.epoch, state.progress.nextOffset == change.seen.progress.nextOffset
        else {
            throw ProgressChangeRefusal.changed(
                from: change.seen, to: try self.state(of: change.topic, change.partition))
        }
        var removed: [OutputTotal] = []
        switch change.move {
        case .rewind: removed = try removeOutputs(of: change)
        case .newLog: try forgetRedriven(change, from: Offset(0))
        case .acceptTruncation(let offset): try forgetRedriven(change, from: offset)
        case .acceptGap, .forgetIDs: break
        }
        let after = try store(change)
        let rows = try connection.query(
            """
            INSERT INTO \(changeTable)
                (job, topic, partition, version, kind, reason, operator, log_start, log_end, before, after, removed)
            SELECT $1, $2, $3, (SELECT count(*) + 1 FROM \(changeTable) WHERE \(Self.atKey)), $4, $5, $6, $7, $8,
                $9::jsonb, $10::jsonb, $11::jsonb
            RETURNING version
            """,
            key(change.topic, change.partition) + [
                .text(change.move.kind), .text(change.reason), .text(change.who),
                .int8(change.bounds.start.rawValue), .int8(change.bounds.end.rawValue), .text(before),
                .text(after.json), .text(OutputTotal.json(removed)),
            ])
        return Recorded(version: try rows[0].int64(0), epoch: after.epoch, removed: removed)
    }

    private func store(_ change: ProgressChange) throws(PostgresError) -> (epoch: Epoch, json: String) {
        let after = change.after
        let known = after.streamTime != .distantPast
        func number(_ value: Int64?) -> PostgresParameter { value.map { .int8($0) } ?? .null }
        func array(_ values: [Int64]) -> PostgresParameter {
            .text("{" + values.map(String.init).joined(separator: ",") + "}")
        }
        let counted = after.counters
        let rows = try connection.query(
            """
            UPDATE \(progressTable) AS p SET
                epoch = epoch + 1, owner = $4, updated_at = now(), next_offset = $5, stream_time_ms = $6,
                watermark = CASE WHEN $6::int8 IS NULL THEN NULL ELSE watermark END, anchor_offset = $7,
                anchor_timestamp_ms = $8, anchor_hash = $9, mark_offsets = $10::int8[],
                mark_stream_times_ms = $11::int8[], records = $12, duplicates = $13, late_events = $14,
                invalid_events = $15, dead_letters = $16, skipped_offsets = $17,
                older_anchor_offsets = $18::int8[], older_anchor_timestamps_ms = $19::int8[],
                older_anchor_hashes = $20::int8[], older_anchors_next = $5
            WHERE \(Self.atKey) RETURNING epoch, to_jsonb(p)::text
            """,
            key(change.topic, change.partition) + [
                .text("sluice progress set, \(change.who)"), number(after.nextOffset?.rawValue),
                number(known ? after.streamTime.rawValue : nil), number(after.anchor?.offset.rawValue),
                number(after.anchor?.timestampMilliseconds), number(after.anchor.map { Int64(bitPattern: $0.hash) }),
                array(after.marks.map(\.offset.rawValue)), array(after.marks.map(\.streamTime.rawValue)),
                .int8(counted.records), .int8(counted.duplicates), .int8(counted.late), .int8(counted.invalid),
                .int8(counted.deadLetters), .int8(counted.skippedOffsets),
                array(after.olderAnchors.map(\.offset.rawValue)),
                array(after.olderAnchors.map(\.timestampMilliseconds)),
                array(after.olderAnchors.map { Int64(bitPattern: $0.hash) }),
            ])
        return (Epoch(try rows[0].int64(0)), try rows[0].string(1))
    }

    /// Removes what came of the partition. The marks of letters that were sent again are kept: their records are in
    /// the log twice, and nobody must send them a third time.
    private func removeOutputs(of change: ProgressChange) throws -> [OutputTotal] {
        let removed = try totals(change.topic, change.partition)
        for place in try outputPlaces(change.topic) {
            try connection.query(
                "SELECT \(quoteIdentifier(place.schema)).forget_partition\(place.arguments)",
                place.parameters(change.partition))
        }
        // In one statement: a letter that is being sent again at this moment is waited for, and comes back marked.
        try connection.query(
            """
            WITH gone AS (
                DELETE FROM \(letterTable) WHERE \(Self.atKey)
                RETURNING record_offset, at, redriven_at, redriven_offset
            )
            INSERT INTO \(redrivenTable) AS kept (job, topic, partition, record_offset, redriven_at, redriven_offset)
            SELECT DISTINCT ON (record_offset) $1, $2, $3, record_offset, redriven_at, redriven_offset
            FROM gone WHERE redriven_at IS NOT NULL ORDER BY record_offset, at DESC
            ON CONFLICT (job, topic, partition, record_offset) DO UPDATE SET
                redriven_at = excluded.redriven_at, redriven_offset = excluded.redriven_offset
            """, key(change.topic, change.partition))
        return removed
    }

    /// Other records stand at these offsets now: what was sent again were not they.
    private func forgetRedriven(_ change: ProgressChange, from offset: Offset) throws(PostgresError) {
        try connection.query(
            "DELETE FROM \(redrivenTable) WHERE \(Self.atKey) AND record_offset >= $4",
            key(change.topic, change.partition) + [.int8(offset.rawValue)])
    }
}

extension OutputTotal {
    /// As the column `removed` holds them.
    static func json(_ totals: [OutputTotal]) -> String {
        func text(_ value: String) -> String {
            var escaped = ""
            for scalar in value.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { escaped.append("\\") }
                escaped.unicodeScalars.append(scalar)
            }
            return "\"\(escaped)\""
        }
        let items = totals.map { total in
            "{\"output\": \(text(total.output)), \"rows\": \(total.rows), \"currency\": "
                + "\(total.currency.map(text) ?? "null"), \"nanos\": \(total.nanos.map { "\"\($0)\"" } ?? "null")}"
        }
        return "[" + items.joined(separator: ", ") + "]"
    }
}
