import Postgres
import Streams

/// The SQL of claims and checkpoints.
struct CheckpointStatements {
    let begin = PreparedStatement(name: "checkpoint_begin", sql: "BEGIN")
    let commit = PreparedStatement(name: "checkpoint_commit", sql: "COMMIT")
    let lock: PreparedStatement
    private(set) var advance: PreparedStatement
    let deadLetters: PreparedStatement
    /// Notes which schemas the job's results are in, and as which of their sources, so that an operator's rewind finds
    /// them.
    let registerOutputs: String
    let claim: String
    let reclaim: String
    /// Ends sessions of this role that hold locks on progress rows within a transaction and have been waiting for
    /// their client for three seconds. `idle_in_transaction_session_timeout` does not reach them: within a pipeline a
    /// session counts as active until its Sync arrives. Such a client was stopped, or its host is gone without a word,
    /// which the server would notice only after `tcp_keepalives_idle`, two hours by default.
    let endSilentOwners: String
    let ensureDeadLetterPartition: String
    private let names: DatabaseNames

    private static let columns =
        (["partition", "epoch"] + PartitionProgress.columns).map { "p." + $0 }.joined(separator: ", ")

    init(_ names: DatabaseNames) {
        self.names = names
        let progress = names.table("sluice", "progress")
        registerOutputs = """
            INSERT INTO \(names.table("sluice", "output")) AS o (job, topic, schema_name, source)
            SELECT $1, $2, schema_name, $4 FROM unnest($3::text[]) AS given(schema_name)
            ON CONFLICT (job, topic, schema_name) DO UPDATE SET source = excluded.source
            WHERE o.source <> excluded.source
            """
        // Raises the epoch, then reads the offset, in one statement: a commit of an older owner either is already
        // visible here or will be refused. Rows are taken in the order of partitions.
        claim = """
            INSERT INTO \(progress) AS p (job, topic, partition, epoch, owner)
            SELECT $1, $2, partition, 1, $3 FROM unnest($4::int4[]) AS given(partition) ORDER BY partition
            ON CONFLICT (job, topic, partition)
            DO UPDATE SET epoch = p.epoch + 1, owner = excluded.owner, updated_at = now()
            RETURNING \(Self.columns)
            """
        reclaim = """
            UPDATE \(progress) AS p SET epoch = p.epoch + 1, owner = $3, updated_at = now()
            FROM unnest($4::int4[], $5::int8[]) AS given(partition, epoch)
            WHERE p.job = $1 AND p.topic = $2 AND p.partition = given.partition
                AND (p.epoch = given.epoch OR p.epoch > given.epoch AND p.owner = $3)
            RETURNING \(Self.columns)
            """
        endSilentOwners = """
            SELECT count(pg_terminate_backend(a.pid)) FROM pg_stat_activity AS a
            WHERE a.pid <> pg_backend_pid() AND a.datname = current_database() AND a.usename = current_user
                AND a.xact_start IS NOT NULL AND a.wait_event = 'ClientRead'
                AND greatest(a.query_start, a.state_change) < clock_timestamp() - interval '3 seconds'
                AND EXISTS (
                    SELECT FROM pg_locks AS l
                    WHERE l.pid = a.pid AND l.granted AND l.locktype = 'relation'
                        AND l.relation = to_regclass(\(quoteLiteral(progress)))
                        AND l.mode IN ('RowShareLock', 'RowExclusiveLock'))
            """
        lock = PreparedStatement(
            name: "checkpoint_lock",
            sql: """
                SELECT FROM \(progress) WHERE job = $1 AND topic = $2 AND partition = ANY($3::int4[])
                ORDER BY partition FOR UPDATE
                """)
        advance = Self.advance(
            names, epoch: "p.epoch = g.epoch", offset: "p.next_offset IS NOT DISTINCT FROM g.expected")
        deadLetters = PreparedStatement(
            name: "checkpoint_dead_letters",
            sql: """
                INSERT INTO \(names.table("sluice", "dead_letter"))
                    (job, topic, partition, record_offset, reason, record_timestamp, record_key, payload, headers,
                     redriven_at, redriven_offset)
                SELECT $1, $2, g.partition, g.record_offset, g.reason, g.record_timestamp, g.record_key, g.payload,
                    g.headers::jsonb, r.redriven_at, r.redriven_offset
                FROM unnest($3::int4[], $4::int8[], $5::text[], $6::timestamptz[], $7::bytea[], $8::bytea[], $9::text[])
                    AS g(partition, record_offset, reason, record_timestamp, record_key, payload, headers)
                LEFT JOIN \(names.table("sluice", "redriven_letter")) AS r
                    ON r.job = $1 AND r.topic = $2 AND r.partition = g.partition
                        AND r.record_offset = g.record_offset
                """)
        ensureDeadLetterPartition =
            "SELECT \(names.table("sluice", "ensure_dead_letter_partition"))(now())"
    }

    /// The compare-and-set. Whatever it does not move ends the transaction within the server, so that nothing of a
    /// refused checkpoint can become visible whatever the client does.
    private static func advance(
        _ names: DatabaseNames, epoch: String, offset: String, refuses: Bool = true
    ) -> PreparedStatement {
        PreparedStatement(
            name: "checkpoint_advance",
            sql: """
                WITH given AS (
                    SELECT * FROM unnest(
                        $4::int4[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::timestamptz[], $10::int8[],
                        $11::int8[], $12::int8[], $13::text[], $14::text[], $15::int8[], $16::int8[], $17::int8[],
                        $18::int8[], $19::int8[], $20::int8[], $21::text[], $22::text[], $23::text[]
                    ) AS g(partition, epoch, expected, next, stream_time_ms, watermark, anchor_offset,
                        anchor_timestamp_ms, anchor_hash, mark_offsets, mark_times, records, duplicates, late, invalid,
                        dead_letters, skipped, older_offsets, older_timestamps, older_hashes)
                ), moved AS (
                    UPDATE \(names.table("sluice", "progress")) AS p SET
                        next_offset = g.next, stream_time_ms = g.stream_time_ms, watermark = g.watermark,
                        anchor_offset = g.anchor_offset, anchor_timestamp_ms = g.anchor_timestamp_ms,
                        anchor_hash = g.anchor_hash, mark_offsets = g.mark_offsets::int8[],
                        mark_stream_times_ms = g.mark_times::int8[],
                        older_anchor_offsets = g.older_offsets::int8[],
                        older_anchor_timestamps_ms = g.older_timestamps::int8[],
                        older_anchor_hashes = g.older_hashes::int8[], older_anchors_next = g.next,
                        records = g.records, duplicates = g.duplicates, late_events = g.late,
                        invalid_events = g.invalid, dead_letters = g.dead_letters,
                        skipped_offsets = g.skipped, owner = $3, updated_at = now(),
                        idle_offset = CASE WHEN p.idle_offset = p.next_offset THEN p.idle_offset END
                    FROM given AS g
                    WHERE p.job = $1 AND p.topic = $2 AND p.partition = g.partition AND \(epoch) AND \(offset)
                    RETURNING p.partition
                )
                SELECT \(refuses ? names.table("sluice", "require_moved") : "")(
                    (SELECT array_agg(partition ORDER BY partition) FROM given
                     WHERE partition NOT IN (SELECT partition FROM moved)))
                """)
    }

    #if SLUICE_MUTANTS
        mutating func leaveOut(_ mutants: Mutants) {
            advance = Self.advance(
                names, epoch: mutants.contains(.epochCondition) ? "true" : "p.epoch = g.epoch",
                offset: mutants.contains(.expectedOffset)
                    ? "true" : "p.next_offset IS NOT DISTINCT FROM g.expected",
                refuses: !mutants.contains(.refusalInServer))
        }

        /// What a claim would read if it did not raise the epoch in the same statement.
        var readProgress: String {
            """
            SELECT \(Self.columns) FROM \(names.table("sluice", "progress")) AS p
            WHERE job = $1 AND topic = $2 AND partition = ANY($3::int4[])
            """
        }
    #endif
}
