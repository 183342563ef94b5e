import Postgres

/// Compares the results of a job with a truth, in one snapshot of the database.
struct Verification {
    /// A partition whose progress is not what the truth says.
    struct PartitionDifference: Equatable {
        var partition: Int32
        /// The column of the progress table.
        var column: String
        var expected: String
        var actual: String
    }

    /// A dead letter that is missing, must not be there, or has another reason.
    struct DeadLetterDifference: Equatable {
        var partition: Int32
        var offset: Int64
        var expected: String?
        var actual: String?
    }

    let schemas: ResultSchemas
    let job: String

    private(set) var minutes: MinuteDifferences
    private(set) var partitions: [PartitionDifference] = []
    private(set) var deadLetters: [DeadLetterDifference] = []
    private(set) var records: Int64 = 0
    private(set) var levels = LevelDifferences()
    var adjustments: [AdjustmentDifference] = []
    /// How many adjustments the truth has; nil where it knows of none.
    var comparedAdjustments: Int64?

    /// Whether everything is as it must be.
    var isClean: Bool {
        minutes.rows == 0 && partitions.isEmpty && deadLetters.isEmpty && levels.count == 0 && adjustments.isEmpty
    }

    /// - Parameter keptLimit: how many of the largest differences are kept one by one.
    init(schemas: ResultSchemas, job: String, keptLimit: Int = 10) {
        minutes = MinuteDifferences(keptLimit: keptLimit)
        self.schemas = schemas
        self.job = job
    }

    /// Reads everything within one REPEATABLE READ transaction, so that a job that commits meanwhile cannot make the
    /// parts disagree.
    mutating func run(_ truth: TruthReader, on connection: PostgresConnection) throws {
        try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        records = truth.records
        try compareProgress(truth, connection)
        try compareDeadLetters(truth, connection)
        try compareMinutes(truth, connection)
        try compareAdjustments(truth, connection)
        try levels.read(schemas, connection)
        try connection.execute("COMMIT")
    }

    // MARK: Progress

    private mutating func compareProgress(_ truth: TruthReader, _ connection: PostgresConnection) throws {
        let rows = try connection.query(
            """
            SELECT partition, next_offset, records, duplicates, late_events, invalid_events, dead_letters,
                stream_time_ms
            FROM \(schemas.progress) WHERE job = $1 AND topic = $2 ORDER BY partition
            """, [.text(job), .text(truth.topic)])
        var found: [Int32: PostgresRow] = [:]
        for row in rows { found[Int32(truncatingIfNeeded: try row.int64("partition"))] = row }
        for partition in Set(truth.partitions.keys).union(found.keys).sorted() {
            let expected = truth.partitions[partition] ?? TruthKeeper.PartitionTotals()
            try comparePartition(partition, expected, found[partition])
        }
    }

    private mutating func comparePartition(
        _ partition: Int32, _ expected: TruthKeeper.PartitionTotals, _ row: PostgresRow?
    ) throws {
        let columns: [(String, Int64)] = [
            ("next_offset", expected.nextOffset), ("records", expected.records),
            ("duplicates", expected.duplicates), ("late_events", expected.lateEvents),
            ("invalid_events", expected.invalidEvents), ("dead_letters", expected.deadLetters),
        ]
        func note(_ column: String, _ expected: String, _ actual: String) {
            partitions.append(
                PartitionDifference(partition: partition, column: column, expected: expected, actual: actual))
        }
        guard let row else {
            if expected.records > 0 { note("next_offset", String(expected.nextOffset), "no row") }
            return
        }
        for (column, value) in columns {
            // Before the first commit there is no next offset: nothing has been applied, as at offset 0.
            let actual = try row.optionalInt64(column) ?? 0
            if actual != value { note(column, String(value), String(actual)) }
        }
        let time = try row.optionalInt64("stream_time_ms")
        if time != expected.streamTimeMilliseconds {
            note(
                "stream_time_ms", expected.streamTimeMilliseconds.map { String($0) } ?? "none",
                time.map { String($0) } ?? "none")
        }
    }

    // MARK: Dead letters

    private mutating func compareDeadLetters(_ truth: TruthReader, _ connection: PostgresConnection) throws {
        let cursor = try RowCursor(
            connection, name: "sluice_dead_letters",
            sql: """
                SELECT partition, record_offset, reason FROM \(schemas.deadLetter)
                WHERE job = \(quoteLiteral(job)) AND topic = \(quoteLiteral(truth.topic))
                ORDER BY partition, record_offset
                """)
        func next() throws -> (partition: Int32, offset: Int64, reason: String)? {
            guard let row = try cursor.next() else { return nil }
            return (
                Int32(truncatingIfNeeded: try row.int64("partition")), try row.int64("record_offset"),
                try row.string("reason")
            )
        }
        var expected = truth.deadLetters[...]
        var actual = try next()
        while expected.first != nil || actual != nil {
            let place = expected.first.map { ($0.partition, $0.offset) }
            let found = actual.map { ($0.partition, $0.offset) }
            var difference: DeadLetterDifference?
            if let place, found.map({ place < $0 }) ?? true {
                difference = DeadLetterDifference(
                    partition: place.0, offset: place.1, expected: expected.removeFirst().reason.rawValue)
            } else if let letter = actual {
                let reason =
                    place.map { $0 == (letter.partition, letter.offset) } == true
                    ? expected.removeFirst().reason.rawValue : nil
                if reason != letter.reason {
                    difference = DeadLetterDifference(
                        partition: letter.partition, offset: letter.offset, expected: reason, actual: letter.reason)
                }
                actual = try next()
            }
            if let difference { deadLetters.append(difference) }
        }
    }

    // MARK: Rows

    private mutating func compareMinutes(_ truth: TruthReader, _ connection: PostgresConnection) throws {
        // Sorted by bytes, as the truth is, whatever the database's own order of texts is.
        let cursor = try RowCursor(
            connection, name: "sluice_minutes",
            sql: """
                SELECT advertiser_id, campaign_id, (extract(epoch FROM minute) * 1000)::int8 AS minute_ms, currency,
                    impressions, clicks, conversions, video_views, invalid_events, spend_nanos, late_events
                FROM \(schemas.minute) ORDER BY advertiser_id, campaign_id, minute, currency COLLATE "C"
                """)
        try minutes.compare(expected: truth.nextRow) {
            guard let row = try cursor.next() else { return nil }
            return TruthReader.MinuteRow(
                key: TruthKeeper.RowKey(
                    advertiser: try row.int64(0), campaign: try row.int64(1), minuteMilliseconds: try row.int64(2),
                    currency: try row.string(3)),
                row: TruthKeeper.Row(
                    impressions: try row.int64(4), clicks: try row.int64(5), conversions: try row.int64(6),
                    videoViews: try row.int64(7), invalidEvents: try row.int64(8), spendNanos: try row.int128(9),
                    lateEvents: try row.int64(10)))
        }
    }
}
