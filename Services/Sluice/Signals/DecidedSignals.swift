import Postgres
import Schemas

/// The signals that were decided, as the view `spend.signal` has them.
struct DecidedSignals {
    let connection: PostgresConnection
    let schemas: ResultSchemas

    func count() throws -> Int {
        Int(try connection.query("SELECT count(*) FROM \(schemas.spend("signal"))")[0].int64(0))
    }

    /// All of them, by lane and sequence, with spend as the message has it: stopping at the largest number that fits.
    func all() throws -> [BudgetSignal] {
        try connection.query(
            """
            SELECT lane, sequence, campaign_id, advertiser_id, currency, kind, budget, threshold_percent, day::text AS day,
                budget_nanos, spent_nanos, budget_version, round(extract(epoch FROM decided_at) * 1000)::int8 AS decided_ms,
                (SELECT coalesce(string_agg(concat_ws(' ', s.partition, s.next_offset, s.topic), ',' ORDER BY e.place), '')
                    FROM jsonb_array_elements(sources) WITH ORDINALITY AS e(value, place),
                        jsonb_to_record(e.value) AS s(topic text, partition int4, next_offset int8)) AS sources
            FROM \(schemas.spend("signal")) ORDER BY lane, sequence LIMIT \(SignalLog.limit + 1)
            """
        ).map(Self.signal)
    }

    private static func signal(_ row: PostgresRow) throws -> BudgetSignal {
        let kinds: [String: SignalKind] = ["crossed": .crossed, "fell_below": .fellBelow, "reset": .reset]
        let budgets: [String: BudgetKind] = ["daily": .daily, "lifetime": .lifetime]
        return BudgetSignal(
            campaignID: try row.int64("campaign_id"), advertiserID: try row.int64("advertiser_id"),
            currency: CurrencyCode(try row.string("currency")) ?? .none,
            kind: kinds[try row.string("kind")] ?? .unspecified,
            budget: budgets[try row.string("budget")] ?? .unspecified,
            thresholdPercent: Int32(clamping: try row.int64("threshold_percent")), day: try row.string("day"),
            budgetNanos: try row.int64("budget_nanos"), spentNanos: Int64(clamping: try row.int128("spent_nanos")),
            budgetVersion: try row.int64("budget_version"),
            sources: try row.string("sources").split(separator: ",").map(source),
            lane: Int32(clamping: try row.int64("lane")), sequence: try row.int64("sequence"),
            decidedAtMilliseconds: try row.int64("decided_ms"))
    }

    /// "partition next_offset topic"; without an offset where nothing was read yet.
    private static func source(_ text: Substring) -> SourceOffset {
        let fields = text.split(separator: " ")
        return SourceOffset(
            topic: fields.last.map(String.init) ?? "", partition: fields.first.flatMap { Int32($0) } ?? -1,
            nextOffset: fields.count == 3 ? Int64(fields[1]) ?? -1 : 0)
    }
}
