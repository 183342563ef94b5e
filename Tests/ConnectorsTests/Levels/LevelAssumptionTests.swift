import Connectors
import Postgres
import Schemas
import SpendAggregatorJob
import Streams
import Testing

/// What `spend-aggregator explain` says that levels, adjustments, budgets and signals rest on.
@Suite struct LevelAssumptionTests {
    private func values(_ fixture: StoreFixture, _ sql: String) throws -> [String] {
        let text = fixture.names.qualify(sql, schemas: ["spend", "sluice"])
        return try fixture.connection.query(text).map { try $0.string(0) }
    }

    private func run(_ fixture: StoreFixture, _ sql: String) throws {
        try fixture.connection.execute(fixture.names.qualify(sql, schemas: ["spend", "sluice"]))
    }

    /// A click of campaign 70 as one transaction of a checkpoint, without its ad, placement and country.
    private func charge(_ fixture: StoreFixture, partition: Int, at moment: String, nanos: Int64) throws {
        try run(
            fixture,
            #"""
            SELECT "spend".begin_results();
            SELECT "spend".ensure_day(date_trunc('day', timestamptz '\#(moment)', 'UTC'));
            SELECT "spend".add_minutes('{\#(partition)}', ARRAY[timestamptz '\#(moment)'], '{70}', '{7}', '{USD}', '{0}', '{1}',
                '{0}', '{0}', '{0}', '{0}', '{\#(nanos)}', '{NULL}');
            SELECT "spend".judge_budgets('{70}')
            """#)
    }

    private func setBudget(
        _ fixture: StoreFixture, partition: Int = 0, daily: Int64, version: Int64, asOf: String = "2026-11-22 12:00+00"
    ) throws -> String {
        try values(
            fixture,
            #"""
            SELECT "spend".set_budgets('{\#(partition)}', '{0}', '{70}', '{7}', '{USD}', '{\#(daily)}', '{0}', '{UTC}',
                '{NULL}', '{NULL}', '{\#(version)}', '{f}', '\#(asOf)')::text
            """#)[0]
    }

    private func adjust(_ fixture: StoreFixture, partition: Int, nanos: Int64) throws -> String {
        try values(
            fixture,
            #"""
            SELECT "spend".add_adjustments('{\#(partition)}', ARRAY['\x000102030405060708090a0b0c0d0e0f'::bytea],
                '{2026-11-22 23:30:20+00}', '{7}', '{70}', '{0}', '{0}', '{\#(nanos)}', '{USD}', '{refund}', '{""}')::text
            """#)[0]
    }

    private func signals(_ fixture: StoreFixture) throws -> [String] {
        try values(
            fixture,
            #"SELECT concat_ws(' ', lane, sequence, kind, threshold_percent, day) FROM "spend".signal ORDER BY lane, sequence"#
        )
    }

    // assumption: one-snapshot
    @Test func levelsAreEqualInEverySnapshotOfAnotherConnection() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let store = fixture.store()
        let first = try #require(try store.claim([Partition(0)]).first)
        let committing = Pending {
            var progress = first.progress
            for number in 1...40 as ClosedRange<Int64> {
                let claim = Claim(partition: first.partition, epoch: first.epoch, progress: progress)
                let cut = fixture.cut(claim, to: number, day: number % 3)
                try store.commit(Checkpoint(cuts: [cut]))
                progress = cut.progress
            }
            store.disconnect()
        }
        var looks = 0
        while try fixture.clicks() < 40 {
            #expect(try values(fixture, #"SELECT comparison FROM "spend".level_differences()"#) == [])
            looks += 1
            try #require(looks < 10_000)
        }
        try committing.value()
        #expect(try values(fixture, #"SELECT comparison FROM "spend".level_differences()"#) == [])
        // And it does see what is not so.
        try run(fixture, #"UPDATE "spend".day_by_partition SET spend_nanos = spend_nanos + 1"#)
        #expect(
            try values(fixture, #"SELECT DISTINCT comparison FROM "spend".level_differences() ORDER BY 1"#).count == 2)
    }

    // assumption: time-zones
    @Test func theDatabasesRulesCutDaysAndDaysWithResultsKeepTheirs() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let hours = #"""
            SELECT (extract(epoch FROM "spend".day_start(day + 1, zone) - "spend".day_start(day, zone)) / 3600)::int::text
            FROM (VALUES (date '2026-03-29', 'Europe/Berlin'), ('2026-10-25', 'Europe/Berlin'),
                ('2026-11-22', 'America/New_York')) AS v(day, zone)
            """#
        #expect(try values(fixture, hours) == ["23", "25", "24"])
        try charge(fixture, partition: 0, at: "2026-11-22 23:30+00", nanos: 1)
        let refused = #expect(throws: PostgresError.self) {
            _ = try values(fixture, #"SELECT "spend".set_zone(7, 'Europe/Berlin', '2026-11-22')::text"#)
        }
        #expect(refused?.description.contains("has spend on 2026-11-22 already") == true)
        _ = try values(fixture, #"SELECT "spend".set_zone(7, 'Europe/Berlin', '2026-11-24')::text"#)
        #expect(
            try values(
                fixture, #"SELECT (rules = "spend".zone_rules(zone))::text FROM "spend".advertiser_zone"#)
                == ["true", "true"])
    }

    // assumption: finality
    @Test func anIdlePartitionHoldsNobodyBackAndTheRestDoes() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let store = fixture.store()
        let claims = try store.claim([Partition(0), Partition(1)])
        for claim in claims {
            try store.commit(
                Checkpoint(cuts: [fixture.cut(claim, to: 1, day: claim.partition == Partition(0) ? 0 : 2)]))
        }
        store.disconnect()
        let watermark = #"SELECT (watermark AT TIME ZONE 'UTC')::date::text FROM "spend".watermark"#
        let behind = try values(fixture, watermark)
        try run(fixture, #"UPDATE "sluice".progress SET idle_offset = next_offset WHERE partition = 0"#)
        let ahead = try values(fixture, watermark)
        #expect(behind[0] < ahead[0])
        // The next record ends it.
        try run(fixture, #"UPDATE "sluice".progress SET next_offset = next_offset + 1 WHERE partition = 0"#)
        #expect(try values(fixture, watermark) == behind)
    }

    // assumption: adjustment-id
    @Test func anAdjustmentCountsOnceWhateverItSaysTheNextTime() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        #expect(try adjust(fixture, partition: 0, nanos: -5) == "0")
        #expect(try adjust(fixture, partition: 3, nanos: -5) == "1")
        #expect(try adjust(fixture, partition: 3, nanos: -6) == "1")
        #expect(
            try values(
                fixture,
                #"SELECT concat_ws(' ', amount_nanos, repeats, conflicts) FROM "spend".adjustment_ledger"#) == [
                    "-5 2 1"
                ])
        #expect(try values(fixture, #"SELECT adjustment_nanos::text FROM "spend".lifetime"#) == ["-5"])
    }

    // assumption: budget-version
    @Test func theHighestVersionCountsAndOfEqualOnesTheLast() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        #expect(try setBudget(fixture, daily: 100, version: 2) == "0")
        #expect(try setBudget(fixture, daily: 50, version: 1) == "1")
        let budget = #"SELECT concat_ws(' ', daily_nanos, version) FROM "spend".budget"#
        #expect(try values(fixture, budget) == ["100 2"])
        #expect(try setBudget(fixture, daily: 70, version: 2) == "0")
        #expect(try values(fixture, budget) == ["70 2"])
    }

    // assumption: partitioned-alike
    @Test func aCampaignInManyPartitionsIsJudgedByAllOfThem() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        _ = try setBudget(fixture, partition: 2, daily: 100, version: 1)
        try charge(fixture, partition: 0, at: "2026-11-22 13:00+00", nanos: 30)
        try charge(fixture, partition: 1, at: "2026-11-22 13:00+00", nanos: 30)
        _ = try adjust(fixture, partition: 3, nanos: 25)
        try run(fixture, #"SELECT "spend".judge_budgets('{70}')"#)
        #expect(try signals(fixture) == ["2 1 crossed 50 2026-11-22", "2 2 crossed 80 2026-11-22"])
    }

    // assumption: clock
    @Test func aDayBeginsOnceWithTheFirstClockAndChangesNoFigure() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        _ = try setBudget(fixture, daily: 100, version: 1)
        try charge(fixture, partition: 0, at: "2026-11-22 13:00+00", nanos: 60)
        func start(_ moment: String) throws -> String {
            try values(fixture, #"SELECT "spend".start_days('\#(moment)', 100)::text"#)[0]
        }
        #expect(try start("2026-11-22 23:59:59+00") == "0")
        // Ahead; then one that is right, before and after midnight.
        #expect(try start("2026-11-23 00:00:00+00") == "1")
        #expect(try start("2026-11-22 23:59:59+00") == "0")
        try charge(fixture, partition: 0, at: "2026-11-22 23:59+00", nanos: 60)
        #expect(try start("2026-11-23 00:00:01+00") == "0")
        #expect(try signals(fixture) == ["0 1 crossed 50 2026-11-22", "0 2 reset 0 2026-11-23"])
        #expect(
            try values(fixture, #"SELECT concat_ws(' ', day, spend_nanos) FROM "spend".day"#) == ["2026-11-22 120"])
        #expect(try values(fixture, #"SELECT day_spent_nanos::text FROM "spend".budget"#) == ["0"])
    }
}
