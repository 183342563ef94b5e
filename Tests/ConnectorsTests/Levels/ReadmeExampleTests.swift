import Connectors
import Postgres
import Schemas
import SpendAggregatorJob
import Streams
import Testing

/// The example by hand of Services/SpendAggregator/README.md, with the figures as they stand there.
@Suite struct ReadmeExampleTests {
    private static let utc = "2026-11-22T23:30:00Z"
    private static let minute: Int64 = 1_795_390_200_000

    private func event(_ id: UInt64, at milliseconds: Int64, _ type: Int32, _ pricing: Int32, _ price: Int64, ad: Int64)
        -> AdEvent
    {
        AdEvent(
            idHigh: id, idLow: id, idLength: 16, eventTimeMilliseconds: milliseconds, advertiserID: 542,
            campaignID: 10_116, adGroupID: 90, adID: ad, type: type, pricing: pricing, priceMicros: price,
            currency: CurrencyCode("USD")!, placement: 3, country: 0x5553)
    }

    /// A checkpoint of these events, after which the log's own time stands at `reached`.
    private func commit(
        _ events: [AdEvent], reached: Int64, _ store: PostgresCheckpointStore<SpendOutput>,
        _ progress: inout PartitionProgress
    ) throws {
        let output = PartitionOutput(SpendOutput())
        let watermark = progress.streamTime.minus(milliseconds: 30_000)
        for event in events { _ = SpendLogic().apply(event, watermark: watermark, to: output.output) }
        let before = progress
        progress.nextOffset = Offset((before.nextOffset?.rawValue ?? 0) + Int64(max(1, events.count)))
        progress.streamTime = EventTime(milliseconds: reached)
        try store.commit(
            Checkpoint(cuts: [
                PartitionCut(
                    partition: Partition(0), epoch: Epoch(1), expectedNextOffset: before.nextOffset, progress: progress,
                    closedUntil: before.streamTime == .distantPast ? .distantPast : watermark, output: output,
                    records: Int64(events.count))
            ]))
    }

    private func rows(_ fixture: StoreFixture, _ sql: String) throws -> [String] {
        let text = fixture.names.qualify(sql, schemas: ["spend"])
        return try fixture.connection.query(text).map { try $0.string(0) }
    }

    @Test func theFiguresAreThoseOfTheText() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        _ = try rows(fixture, #"SELECT "spend".set_zone(542, 'America/New_York', '2026-01-01')::text"#)
        let store = fixture.store()
        var progress = try #require(try store.claim([Partition(0)]).first).progress
        _ = try rows(
            fixture,
            #"""
            SELECT "spend".set_budgets('{0}', '{0}', '{10116}', '{542}', '{USD}', '{700000000}', '{0}',
                '{America/New_York}', '{NULL}', '{NULL}', '{1}', '{f}', '2026-11-22 12:00+00')::text
            """#)
        // 18:30 in New York; then 23:59 there; then midnight, which is 05:00 UTC.
        try commit(
            [
                event(1, at: Self.minute, 1, 1, 9_561_680, ad: 9_001),
                event(2, at: Self.minute + 20_000, 2, 2, 350_000, ad: 9_001),
                event(3, at: Self.minute + 30_000, 2, 1, 9_561_680, ad: 9_001),
            ], reached: Self.minute + 30_000, store, &progress)
        let midnight = Self.minute + 5 * 3_600_000 + 1_800_000
        try commit(
            [event(4, at: midnight - 60_000, 2, 2, 350_000, ad: 9_002)], reached: midnight - 60_000, store, &progress)
        try commit([event(5, at: midnight, 2, 2, 350_000, ad: 9_002)], reached: midnight + 60_000, store, &progress)

        #expect(
            try rows(
                fixture,
                #"SELECT to_char(hour AT TIME ZONE 'UTC', 'DD HH24') || ' ' || spend_nanos FROM "spend".hour ORDER BY hour"#
            )
                == ["22 23 359561680", "23 04 350000000", "23 05 350000000"])
        let days = #"""
            SELECT day || ' ' || spend_nanos || ' ' || adjustment_nanos || ' ' || net_nanos || ' ' || status
            FROM "spend".day ORDER BY day
            """#
        #expect(
            try rows(fixture, days)
                == ["2026-11-22 709561680 0 709561680 closed", "2026-11-23 350000000 0 350000000 open"])
        #expect(
            try rows(
                fixture, #"SELECT ad_id || ' ' || sum(spend_nanos) FROM "spend".ad_hour GROUP BY ad_id ORDER BY ad_id"#)
                == ["9001 359561680", "9002 700000000"])

        _ = try rows(
            fixture,
            #"""
            SELECT "spend".add_adjustments('{0}', ARRAY['\x000102030405060708090a0b0c0d0e0f'::bytea],
                '{2026-11-22 23:30:20+00}', '{542}', '{10116}', '{90}', '{9001}', '{-350000000}', '{USD}',
                '{invalid_traffic}', '{case 4711}')::text
            """#)
        #expect(
            try rows(fixture, days)
                == ["2026-11-22 709561680 -350000000 359561680 corrected", "2026-11-23 350000000 0 350000000 open"])
        #expect(try rows(fixture, #"SELECT net_nanos::text FROM "spend".lifetime"#) == ["709561680"])
        #expect(
            try rows(
                fixture,
                #"""
                SELECT kind || ' ' || threshold_percent || ' ' || spent_nanos FROM "spend".signal ORDER BY lane, sequence
                """#)
                == ["crossed 50 359561680", "crossed 80 709561680", "crossed 95 709561680", "crossed 100 709561680"])
        #expect(try rows(fixture, #"SELECT comparison FROM "spend".level_differences()"#).isEmpty)
    }
}
