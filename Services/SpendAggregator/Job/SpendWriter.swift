public import Connectors
public import Postgres
import Schemas
public import Streams

/// Adds a checkpoint's deltas to the minutes' rows, sorted by the primary key, in statements of a few thousand rows.
public final class SpendWriter: OutputWriter {
    public typealias Output = SpendOutput

    /// Rows in one statement: the best of 1,000 to 50,000 where PostgreSQL's own cost a row was measured.
    static let rowsPerStatement = 8_192
    private static let minutesPerDay: Int32 = 1_440

    public let schemas: [String]
    private let upsert: PreparedStatement
    private let ensureDays: String
    /// Days (since the Unix epoch) whose table partition is known to be there.
    private var knownDays: Set<Int32> = []
    private var rows = SpendRows()
    private var hasForgottenDays = false

    public init(_ names: DatabaseNames) {
        schemas = [names.schema("spend")]
        ensureDays =
            "SELECT \(names.table("spend", "ensure_day"))(day) FROM unnest($1::timestamptz[]) AS given(day) ORDER BY day"
        upsert = PreparedStatement(
            name: "spend_upsert",
            sql: """
                INSERT INTO \(names.table("spend", "minute_by_partition")) AS m
                    (source_partition, minute, campaign_id, advertiser_id, currency, impressions, clicks, conversions,
                     video_views, invalid_events, late_events, spend_nanos)
                SELECT * FROM unnest($1::int4[], $2::timestamptz[], $3::int8[], $4::int8[], $5::text[], $6::int8[],
                    $7::int8[], $8::int8[], $9::int8[], $10::int8[], $11::int8[], $12::numeric[])
                ON CONFLICT (minute, campaign_id, advertiser_id, currency, source_partition) DO UPDATE SET
                    impressions = m.impressions + excluded.impressions, clicks = m.clicks + excluded.clicks,
                    conversions = m.conversions + excluded.conversions,
                    video_views = m.video_views + excluded.video_views,
                    invalid_events = m.invalid_events + excluded.invalid_events,
                    late_events = m.late_events + excluded.late_events,
                    spend_nanos = m.spend_nanos + excluded.spend_nanos
                """)
    }

    public func prepare(
        _ cuts: [PartitionCut<SpendOutput>], on connection: PostgresConnection
    ) throws(PostgresError) {
        var days: Set<Int32> = []
        for cut in cuts {
            cut.output.output.withSortedRows { rows in
                for row in rows { days.insert(row.key.minute / Self.minutesPerDay) }
            }
        }
        days.subtract(knownDays)
        guard !days.isEmpty else { return }
        var moments = TimestamptzArrayBuilder()
        for day in days { moments.append(unixMilliseconds: Int64(day) * 86_400_000) }
        _ = try connection.query(ensureDays, [moments.parameter])
        knownDays.formUnion(days)
    }

    /// A day's table was dropped under the process: its rows would go to the table of other years, which refuses them
    /// (23514). The days are looked up again, once before each success.
    public func canRecover(from error: PostgresError) -> Bool {
        guard error.sqlState == "23514", !hasForgottenDays else { return false }
        hasForgottenDays = true
        knownDays.removeAll()
        return true
    }

    public func committed() { hasForgottenDays = false }

    public func write(
        _ cuts: [PartitionCut<SpendOutput>], to pipeline: inout PostgresPipeline
    ) throws(PostgresError) {
        rows.removeAll()
        for cut in cuts {
            let partition = cut.partition.rawValue
            // Sorted in `prepare`; sorting what is sorted costs little.
            let entries = cut.output.output.withSortedRows { $0 }
            for entry in entries {
                rows.append(entry.key, entry.aggregate, partition: partition)
                if rows.count == Self.rowsPerStatement { try flush(to: &pipeline) }
            }
        }
        if rows.count > 0 { try flush(to: &pipeline) }
    }

    private func flush(to pipeline: inout PostgresPipeline) throws(PostgresError) {
        try pipeline.add(upsert, rows.parameters)
        rows.removeAll()
    }
}
