import Postgres
public import Streams

/// A change as it was recorded.
public struct RecordedChange: Equatable, Sendable {
    public var topic: String
    public var partition: Partition
    public var version: Int64
    public var kind: String
    public var reason: String
    public var databaseUser: String
    public var who: String
    /// In milliseconds of Unix time.
    public var atMilliseconds: Int64
    public var bounds: LogBounds
    public var nextOffsetBefore: Offset?
    public var nextOffsetAfter: Offset?
    public var epochAfter: Epoch
    public var removed: [OutputTotal]
}

extension ProgressChanges {
    /// The changes, newest first.
    public func history(
        topic: String? = nil, partition: Partition? = nil, limit: Int = 100
    ) throws(PostgresError) -> [RecordedChange] {
        let rows = try connection.query(
            """
            SELECT id, topic, partition, version, kind, reason, database_user, operator, log_start, log_end,
                floor(extract(epoch FROM at) * 1000)::int8 AS at_ms, (before->>'next_offset')::int8 AS offset_before,
                (after->>'next_offset')::int8 AS offset_after, (after->>'epoch')::int8 AS epoch_after
            FROM \(changeTable)
            WHERE job = $1 AND ($2::text IS NULL OR topic = $2) AND ($3::int4 IS NULL OR partition = $3)
            ORDER BY id DESC LIMIT \(limit)
            """,
            [.text(job), topic.map { .text($0) } ?? .null, partition.map { .int8(Int64($0.rawValue)) } ?? .null])
        var changes: [RecordedChange] = []
        for row in rows {
            changes.append(
                RecordedChange(
                    topic: try row.string("topic"),
                    partition: Partition(Int32(truncatingIfNeeded: try row.int64("partition"))),
                    version: try row.int64("version"), kind: try row.string("kind"),
                    reason: try row.string("reason"), databaseUser: try row.string("database_user"),
                    who: try row.string("operator"), atMilliseconds: try row.int64("at_ms"),
                    bounds: LogBounds(
                        start: Offset(try row.int64("log_start")), end: Offset(try row.int64("log_end"))),
                    nextOffsetBefore: try row.optionalInt64("offset_before").map { Offset($0) },
                    nextOffsetAfter: try row.optionalInt64("offset_after").map { Offset($0) },
                    epochAfter: Epoch(try row.int64("epoch_after")), removed: try removed(by: row.int64("id"))))
        }
        return changes
    }

    /// The database takes the JSON apart.
    private func removed(by id: Int64) throws(PostgresError) -> [OutputTotal] {
        let rows = try connection.query(
            """
            SELECT item.value->>'output' AS output, (item.value->>'rows')::int8 AS row_count,
                item.value->>'currency' AS currency, item.value->>'nanos' AS nanos
            FROM \(changeTable), jsonb_array_elements(removed) WITH ORDINALITY AS item(value, place)
            WHERE id = $1 ORDER BY item.place
            """, [.int8(id)])
        var totals: [OutputTotal] = []
        for row in rows {
            totals.append(
                OutputTotal(
                    output: try row.string("output"), rows: try row.int64("row_count"),
                    currency: try row.optionalString("currency"), nanos: try row.optionalInt128("nanos")))
        }
        return totals
    }
}
