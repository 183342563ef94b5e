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

    private let upsert: PreparedStatement
    private let ensureDays: String
    /// Days (since the Unix epoch) whose table partition is known to be there.
    private var knownDays: Set<Int32> = []
    private var rows = SpendRows()

    public init(_ names: DatabaseNames) {
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

/// Rows of the upsert as parameters, in buffers that are used again.
struct SpendRows {
    private var partitions = Int4ArrayBuilder()
    private var minutes = TimestamptzArrayBuilder()
    private var campaigns = Int8ArrayBuilder()
    private var advertisers = Int8ArrayBuilder()
    private var currencies = TextArrayBuilder()
    private var impressions = Int8ArrayBuilder()
    private var clicks = Int8ArrayBuilder()
    private var conversions = Int8ArrayBuilder()
    private var videoViews = Int8ArrayBuilder()
    private var invalid = Int8ArrayBuilder()
    private var late = Int8ArrayBuilder()
    private var spend = NumericArrayBuilder()

    var count: Int { partitions.count }

    var parameters: [PostgresParameter] {
        [
            partitions.parameter, minutes.parameter, campaigns.parameter, advertisers.parameter,
            currencies.parameter, impressions.parameter, clicks.parameter, conversions.parameter,
            videoViews.parameter, invalid.parameter, late.parameter, spend.parameter,
        ]
    }

    mutating func append(_ key: SpendKey, _ delta: SpendDelta, partition: Int32) {
        partitions.append(partition)
        minutes.append(unixMilliseconds: Int64(key.minute) * 60_000)
        campaigns.append(key.campaignID)
        advertisers.append(key.advertiserID)
        let letters = key.currency.rawValue
        withUnsafeBytes(of: (letters << 8).bigEndian) { bytes in
            currencies.append(utf8: UnsafeRawBufferPointer(rebasing: bytes[0..<3]))
        }
        impressions.append(Int64(delta.impressions))
        clicks.append(Int64(delta.clicks))
        conversions.append(Int64(delta.conversions))
        videoViews.append(Int64(delta.videoViews))
        invalid.append(Int64(delta.invalidEvents))
        late.append(Int64(delta.lateEvents))
        spend.append(delta.spendNanos)
    }

    mutating func removeAll() {
        partitions.removeAll()
        minutes.removeAll()
        campaigns.removeAll()
        advertisers.removeAll()
        currencies.removeAll()
        impressions.removeAll()
        clicks.removeAll()
        conversions.removeAll()
        videoViews.removeAll()
        invalid.removeAll()
        late.removeAll()
        spend.removeAll()
    }
}
