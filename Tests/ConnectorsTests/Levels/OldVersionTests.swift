import Connectors
import Postgres
import Schemas
import SpendAggregatorJob
import Streams
import Testing

/// The version before this one, which knows of minutes alone, beside it and before it.
@Suite struct OldVersionTests {
    private static let noon = utc(2026, 11, 20, 12)

    /// The statement by which the version before adds minutes, word for word.
    private static let upsert = """
        INSERT INTO "spend".minute_by_partition AS m
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
        """

    /// What an event becomes where neither ad nor placement nor country is known.
    private func plain(_ event: AdEvent) -> AdEvent {
        var event = event
        event.adGroupID = 0
        event.adID = 0
        event.placement = 0
        event.country = 0
        return event
    }

    /// Commits events as the version before does, one row each.
    private func commit(
        _ events: [AdEvent], _ fixture: StoreFixture, partition: Int32, on other: PostgresConnection? = nil
    ) throws {
        var rows: [String: (AdEvent, [Int128])] = [:]
        for event in events {
            var truth = LevelTruth()
            truth.add(event, isLate: false)
            let (key, figures) = truth.levels["minute"]!.first!
            rows[key] = (event, rows[key].map { zip($0.1, figures).map { $0 + $1 } } ?? figures)
        }
        let all = rows.sorted { $0.key < $1.key }.map(\.value)
        func numbers(_ value: ((AdEvent, [Int128])) -> String) -> PostgresParameter {
            .text("{" + all.map(value).joined(separator: ",") + "}")
        }
        let connection = other ?? fixture.connection
        let days = Set(events.map { $0.eventTimeMilliseconds / 86_400_000 }).sorted()
        for day in days {
            try fixture.run(
                "SELECT \"spend\".ensure_day(timestamptz 'epoch' + \(day) * interval '24 hours')", on: connection)
        }
        try connection.execute("BEGIN")
        try connection.query(
            fixture.qualify(Self.upsert),
            [
                numbers { _ in "\(partition)" },
                numbers { Self.text(ofMinute: $0.0.eventTimeMilliseconds / 60_000) },
                numbers { "\($0.0.campaignID)" }, numbers { "\($0.0.advertiserID)" },
                numbers { $0.0.currency.description }, numbers { "\($0.1[0])" }, numbers { "\($0.1[1])" },
                numbers { "\($0.1[2])" }, numbers { "\($0.1[3])" }, numbers { "\($0.1[4])" }, numbers { "\($0.1[5])" },
                numbers { "\($0.1[6])" },
            ])
        try connection.execute("COMMIT")
    }

    /// A minute since 1970 as text of a moment.
    private static func text(ofMinute minute: Int64) -> String {
        let days = minute / 1_440
        // Howard Hinnant: civil_from_days.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        return "\"\(year)-\(month)-\(day) \(minute % 1_440 / 60):\(minute % 60):00+00\""
    }

    @Test func bothVersionsSideBySideAddUp() async throws {
        let bench = try await BudgetBench()
        let fixture = bench.fixture
        defer { try? fixture.close() }
        try bench.set(BudgetBench.Budget(campaign: 70, daily: 1_000_000_000_000, zone: "Asia/Kolkata"))
        let old = Pending {
            var random = RandomEvents(seed: 5, around: Self.noon)
            var truth = LevelTruth()
            let session = try fixture.session()
            defer { session.close() }
            for _ in 0..<12 {
                let events = (0..<random.number(1...20)).map { _ in self.plain(random.event()) }
                try self.commit(events, fixture, partition: 0, on: session)
                for event in events { truth.add(event, isLate: false) }
            }
            return truth
        }
        let new = Pending {
            var random = RandomEvents(seed: 6, around: Self.noon)
            var truth = LevelTruth()
            let partition = try EventsPartition(fixture, 1)
            for _ in 0..<12 {
                let events = (0..<random.number(1...20)).map { _ in random.event() }
                try partition.commit(events)
                for event in events { truth.add(event, isLate: false) }
            }
            return truth
        }
        var truth = try old.value()
        truth.merge(try new.value())
        try truth.expect(fixture)
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        // The budget's days, from the minutes: India's begins at 18:30 UTC.
        let days = """
            SELECT (minute AT TIME ZONE 'UTC' + interval '5 hours 30 minutes')::date AS day, sum(spend_nanos)
            FROM "spend".minute WHERE campaign_id = 70 AND currency = 'EUR' GROUP BY 1 ORDER BY 1
            """
        let kept = "SELECT day, sum(spend_nanos) FROM \"spend\".budget_day_by_partition GROUP BY 1 ORDER BY 1"
        #expect(try fixture.lines(kept) == fixture.lines(days))
        #expect(try fixture.lines(kept).count > 1)
    }

    @Test func whatTheVersionBeforeWritesIsAmongTheChanges() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try commit([click(1_000, at: Self.noon)], fixture, partition: 0)
        let cursor = try fixture.lines("SELECT \"spend\".change_cursor()")[0]
        let elsewhere = Self.noon + 86_400_000 * 3
        try commit([click(1_000, at: elsewhere), click(2_000, at: Self.noon)], fixture, partition: 0)
        let levels = [
            "minute", "hour", "day", "lifetime", "ad_hour", "ad_group_hour", "placement_hour", "country_hour",
            "advertiser_day", "advertiser_lifetime",
        ]
        for level in levels {
            let sum = try fixture.lines(
                "SELECT sum(clicks) FROM \"spend\".\(level)_changes('\(cursor)')")
            #expect(sum == ["3"], "\(level)")
        }
    }

    /// A budget that is set while the version before has a checkpoint under way.
    @Test func aBudgetKnowsWhatTheVersionBeforeWasJustWriting() async throws {
        let bench = try await BudgetBench()
        let fixture = bench.fixture
        defer { try? fixture.close() }
        try commit([click(1_000, at: BudgetBench.noon)], fixture, partition: 0)
        let session = try fixture.session()
        defer { session.close() }
        try session.execute("BEGIN")
        let row =
            "'{0}', '{2026-11-20 12:00+00}', '{70}', '{7}', '{EUR}', '{0}', '{1}', '{0}', '{0}', '{0}', '{0}', '{500}'"
        var statement = Self.upsert
        for (number, value) in row.split(separator: ", ").enumerated().reversed() {
            statement = statement.split(separator: "$\(number + 1):", omittingEmptySubsequences: false)
                .joined(separator: "\(value):")
        }
        try fixture.run(statement, on: session)
        let isOver = Flag()
        let pending = Pending {
            defer { isOver.set() }
            let other = try fixture.session()
            defer { other.close() }
            try fixture.run(
                """
                SELECT "spend".set_budgets('{0}', '{0}', '{70}', '{7}', '{EUR}', '{1000000}', '{0}', '{UTC}', '{NULL}', '{NULL}',
                    '{1}', '{f}', '2026-11-20 12:00+00')
                """, on: other)
        }
        _ = try fixture.waitUntil(session, holdsUp: { isOver.isSet })
        try session.execute("COMMIT")
        try pending.value()
        #expect(try bench.standing() == "2026-11-20 1500 0 1500 0")
    }

    @Test func minutesFromBeforeFillTheLevels() async throws {
        let fixture = try await StoreFixture(spendMigrations: 2)
        defer { try? fixture.close() }
        var random = RandomEvents(seed: 8, around: Self.noon)
        var truth = LevelTruth()
        for partition in 0..<3 {
            for _ in 0..<4 {
                let events = (0..<30).map { _ in plain(random.event()) }
                try commit(events, fixture, partition: Int32(partition))
                for event in events { truth.add(event, isLate: false) }
            }
        }
        try SpendMigrations.migrator(fixture.names).apply(on: fixture.connection)
        try truth.expect(fixture)
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        // And it goes on from there, by both versions.
        let more = [plain(random.event()), click(3_000, at: Self.noon)]
        try commit([more[0]], fixture, partition: 0)
        try EventsPartition(fixture, 1).commit([more[1]])
        for event in more { truth.add(event, isLate: false) }
        try truth.expect(fixture)
        // Everything is there for whoever asks for the first time.
        for level in ["minute", "hour", "day", "lifetime", "country_hour"] {
            #expect(
                try fixture.lines("SELECT count(*) FROM \"spend\".\(level)_changes('')")
                    == fixture.lines("SELECT count(*) FROM \"spend\".\(level)"))
        }
    }
}
