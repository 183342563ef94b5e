public import Connectors
public import Postgres
import Schemas

/// The signals in `spend.budget_signal` as outgoing messages: `sluice.ads.v1.BudgetSignal`, keyed by the campaign's id as
/// decimal text.
public final class SignalTable: OutboxTable {
    /// What the lanes are numbered under in `sluice.outbox_lane`.
    public static let output = "budget-signals"

    private let lanes: OutboxLanes
    private let read: PreparedStatement

    public init(_ names: DatabaseNames) {
        lanes = OutboxLanes(names, output: Self.output)
        read = PreparedStatement(
            name: "spend_signals",
            sql: """
                SELECT sequence, campaign_id, advertiser_id, currency, kind, budget, threshold_percent, day::text AS day,
                    budget_nanos, least(spent_nanos, 9223372036854775807)::int8 AS spent_nanos, budget_version,
                    (extract(epoch FROM decided_at) * 1000)::int8 AS decided_ms,
                    (SELECT coalesce(string_agg(s.topic, ',' ORDER BY place), '') FROM jsonb_array_elements(sources)
                        WITH ORDINALITY AS e(value, place), jsonb_to_record(value) AS s(topic text)) AS topics,
                    ARRAY(SELECT (value ->> 'partition')::int8 FROM jsonb_array_elements(sources)
                        WITH ORDINALITY AS e(value, place) ORDER BY place) AS partitions,
                    ARRAY(SELECT coalesce((value ->> 'next_offset')::int8, 0) FROM jsonb_array_elements(sources)
                        WITH ORDINALITY AS e(value, place) ORDER BY place) AS next_offsets
                FROM \(names.table("spend", "budget_signal"))
                WHERE lane = $1::int4 AND sequence > $2::int8 ORDER BY sequence LIMIT $3::int8
                """)
    }

    public func heads(on connection: PostgresConnection) throws(PostgresError) -> [Int32: Int64] {
        try lanes.heads(on: connection)
    }

    public func records(
        lane: Int32, after sequence: Int64, maximum: Int, on connection: PostgresConnection
    ) throws(PostgresError) -> [OutboxRecord] {
        let rows = try connection.query(read, [.int8(Int64(lane)), .int8(sequence), .int8(Int64(maximum))])
        var records: [OutboxRecord] = []
        for row in rows {
            let signal = try Self.signal(row, lane: lane)
            records.append(
                OutboxRecord(
                    lane: lane, sequence: signal.sequence, key: Array(String(signal.campaignID).utf8),
                    value: BudgetSignalWriter.encode(signal), writtenAtMilliseconds: signal.decidedAtMilliseconds))
        }
        return records
    }

    private static func signal(_ row: PostgresRow, lane: Int32) throws(PostgresError) -> BudgetSignal {
        // A topic's name has no comma.
        let topics = try row.string("topics").split(separator: ",").map(String.init)
        let partitions = try row.int64Array("partitions")
        let offsets = try row.int64Array("next_offsets")
        let kinds: [String: SignalKind] = ["crossed": .crossed, "fell_below": .fellBelow, "reset": .reset]
        return BudgetSignal(
            campaignID: try row.int64("campaign_id"), advertiserID: try row.int64("advertiser_id"),
            currency: CurrencyCode(try row.string("currency")) ?? .none,
            kind: kinds[try row.string("kind")] ?? .unspecified,
            budget: try row.string("budget") == "daily" ? .daily : .lifetime,
            thresholdPercent: Int32(truncatingIfNeeded: try row.int64("threshold_percent")), day: try row.string("day"),
            budgetNanos: try row.int64("budget_nanos"), spentNanos: try row.int64("spent_nanos"),
            budgetVersion: try row.int64("budget_version"),
            sources: zip(topics, zip(partitions, offsets)).map {
                SourceOffset(topic: $0, partition: Int32(truncatingIfNeeded: $1.0), nextOffset: $1.1)
            },
            lane: lane, sequence: try row.int64("sequence"), decidedAtMilliseconds: try row.int64("decided_ms"))
    }
}
