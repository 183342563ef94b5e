import Connectors
import Foundation
import Postgres
import Schemas
import SpendAggregatorJob
import Streams
import Synchronization
import TestKit
import Testing

/// Workers, adjustments and clocks that judge the same campaigns at once.
@Suite(.timeLimit(.minutes(5)))
struct BudgetConcurrencyTests {
    private typealias Budget = BudgetBench.Budget

    /// A checkpoint's transaction in a session of its own, taken step by step: a charge of a campaign, then its judgement.
    private struct Steps {
        let fixture: StoreFixture
        let session: PostgresConnection

        init(_ fixture: StoreFixture) throws {
            self.fixture = fixture
            session = try fixture.session()
        }

        func charge(_ nanos: Int64, campaign: Int64 = 70, at time: Int64, partition: Int32) throws {
            try fixture.run(
                """
                BEGIN; SELECT "spend".begin_results();
                SELECT "spend".add_minutes('{\(partition)}', ARRAY[timestamptz 'epoch' + \(time / 60_000) * interval '1 minute'],
                    '{\(campaign)}', '{7}', '{EUR}', '{0}', '{1}', '{0}', '{0}', '{0}', '{0}', '{\(nanos)}', '{NULL}')
                """, on: session)
        }

        func judge(_ campaigns: Int64...) throws {
            let list = campaigns.map(String.init).joined(separator: ",")
            try fixture.run("SELECT \"spend\".judge_budgets('{\(list)}')", on: session)
        }

        func commit() throws { try session.execute("COMMIT") }
    }

    /// A campaign whose events come in two partitions, each of which alone reaches 60 % of its budget, at the same time.
    private func chargeInTwoPartitions(_ bench: BudgetBench) throws -> [String] {
        try bench.set(Budget(daily: 100))
        try bench.fixture.run("SELECT \"spend\".ensure_day('2026-11-20 00:00+00')")
        let (one, other) = (try Steps(bench.fixture), try Steps(bench.fixture))
        defer { for steps in [one, other] { steps.session.close() } }
        try one.charge(60, at: BudgetBench.noon, partition: 0)
        try one.judge(70)
        try other.charge(60, at: BudgetBench.noon, partition: 1)
        let pending = Pending {
            try other.judge(70)
            try other.commit()
        }
        #expect(try bench.fixture.waitUntil(one.session, holdsUp: { false }))
        try one.commit()
        try pending.value()
        return try bench.signals("kind, threshold_percent, spent_nanos")
    }

    @Test func aCampaignInTwoPartitionsCrossesOnce() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        #expect(
            try chargeInTwoPartitions(bench) == [
                "crossed 50 60", "crossed 80 120", "crossed 95 120", "crossed 100 120",
            ])
    }

    /// A mutant: without the lock of the campaign's row each of the two judges what it sees.
    @Test func withoutTheLockTheCrossingIsSignalledTwice() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.fixture.mutate("judge_budgets", replacing: "ORDER BY s.campaign_id FOR UPDATE", by: "")
        #expect(try chargeInTwoPartitions(bench) == ["crossed 50 60", "crossed 50 60"])
    }

    /// A late charge of a day that is over holds its row when the clock tidies up, and then wants to judge.
    @Test func aNewDayDoesNotWaitForACheckpointOfTheOldOne() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.set(Budget(daily: 1_000_000))
        try bench.charge(400_000)
        let steps = try Steps(bench.fixture)
        defer { steps.session.close() }
        try steps.charge(200_000, at: BudgetBench.noon, partition: 0)
        let fixture = bench.fixture
        let isOver = Flag()
        let clock = Pending {
            defer { isOver.set() }
            let session = try fixture.session()
            defer { session.close() }
            try fixture.run("SELECT \"spend\".start_days('2026-11-21 00:00+00', 10)", on: session)
        }
        _ = try fixture.waitUntil(steps.session, holdsUp: { isOver.isSet })
        try steps.judge(70)
        try steps.commit()
        try clock.value()
        #expect(try bench.signals("kind, day") == ["reset 2026-11-21"])
        #expect(try bench.standing() == "2026-11-21 0 0 600000 0")
    }

    /// A reset in one lane and a crossing in a lower one, in one round of the clock.
    @Test func aNewDayTakesItsLanesInTheirOrder() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        let midnight = utc(2026, 11, 21)
        // The budget in lane 3 is over, so it is not reset; that it is crossed is signalled all the same.
        try bench.set(
            Budget(campaign: 1, daily: 1_000_000, ends: midnight, partition: 3),
            Budget(campaign: 2, daily: 1_000_000, partition: 5))
        try bench.charge(500_000, campaign: 1, at: midnight)
        let session = try bench.fixture.session()
        defer { session.close() }
        let fixture = bench.fixture
        try fixture.run("BEGIN; SELECT \"spend\".next_sequences('{3}', '{0}')", on: session)
        let clock = Pending {
            let other = try fixture.session()
            defer { other.close() }
            try fixture.run("SELECT \"spend\".start_days('2026-11-21 00:00+00', 10)", on: other)
        }
        #expect(try fixture.waitUntil(session))
        try fixture.run("SELECT \"spend\".next_sequences('{5}', '{0}'); COMMIT", on: session)
        try clock.value()
        #expect(try bench.signals("lane, kind, threshold_percent") == ["3 crossed 50", "5 reset 0"])
    }

    // MARK: Everything at once

    /// What happened in one partition of a topic, by offsets: what the figures of signals are checked against.
    private struct Happening: Sendable {
        var topic: String
        var partition: Int32
        var offset: Int64
        var campaign: Int64
        var time: Int64
        var nanos: Int64
    }

    private static let campaigns: [Int64] = [1, 2, 3, 4, -5]
    private static let firstDay = utc(2026, 11, 20)
    private static let days: Int64 = 3
    /// Midnight of the third campaign is 18:30 UTC; the others have UTC's.
    private static func zone(_ campaign: Int64) -> (name: String, milliseconds: Int64) {
        campaign == 3 ? ("Asia/Kolkata", 19_800_000) : ("UTC", 0)
    }

    private static func charges(_ fixture: StoreFixture, _ number: Int32, seed: UInt64) throws -> [Happening] {
        var random = SeededGenerator(seed: seed &* 1_000 + UInt64(number))
        let partition = try EventsPartition(fixture, number)
        var happened: [Happening] = []
        for round in 0..<24 {
            var events: [AdEvent] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let ahead = Int64(round) * days * BudgetBench.day / 24
                let time = max(1, firstDay + ahead + Int64.random(in: -40_000_000...40_000_000, using: &random))
                let event = click(
                    Int64.random(in: 1...200, using: &random) * 1_000,
                    campaign: campaigns.randomElement(using: &random)!,
                    at: time)
                happened.append(
                    Happening(
                        topic: "topic", partition: number, offset: partition.nextOffset + Int64(events.count),
                        campaign: event.campaignID, time: time, nanos: event.priceMicros * 1_000))
                events.append(event)
            }
            try partition.commit(events)
        }
        return happened
    }

    /// Adjustments with a progress row of their own, as their worker has it.
    private static func adjustments(_ fixture: StoreFixture, seed: UInt64) throws -> [Happening] {
        var random = SeededGenerator(seed: seed &* 1_000 + 77)
        let session = try fixture.session()
        defer { session.close() }
        var happened: [Happening] = []
        for round in 0..<30 {
            let given = GivenAdjustment(
                id: round + 1, time: firstDay + Int64.random(in: 0...(days * BudgetBench.day), using: &random),
                campaign: campaigns.randomElement(using: &random)!,
                nanos: Int64.random(in: -200_000...20_000, using: &random))
            try fixture.run(
                """
                BEGIN;
                UPDATE "sluice".progress SET next_offset = \(round + 1) WHERE topic = 'adjustments';
                SELECT "spend".begin_results();
                """, on: session)
            try fixture.run(
                fixture.adding([given]) + "; SELECT \"spend\".judge_budgets('{\(given.campaign)}'); COMMIT", on: session
            )
            happened.append(
                Happening(
                    topic: "adjustments", partition: 0, offset: Int64(round), campaign: given.campaign,
                    time: given.time,
                    nanos: given.nanos))
        }
        return happened
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func everythingAtOnceIsSignalledOnceAndByItsOwnFigures(seed: UInt64) async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        let fixture = bench.fixture
        try fixture.run(
            """
            INSERT INTO "sluice".output (job, topic, schema_name, source)
            VALUES ('job', 'adjustments', '\(fixture.names.schema("spend"))', 'adjustments');
            INSERT INTO "sluice".progress (job, topic, partition, epoch, owner) VALUES ('job', 'adjustments', 0, 1, 'a')
            """)
        for campaign in Self.campaigns {
            try bench.set(
                Budget(
                    campaign: campaign, daily: 700_000, lifetime: campaign == 4 ? 0 : 2_000_000,
                    zone: Self.zone(campaign).name, partition: campaign == 2 ? 1 : 0), asOf: Self.firstDay)
        }
        let workers = (0..<3).map { number in Pending { try Self.charges(fixture, Int32(number), seed: seed) } }
        let adjuster = Pending { try Self.adjustments(fixture, seed: seed) }
        let isOver = Flag()
        let clocks = (0..<2).map { _ in
            Pending {
                let session = try fixture.session()
                defer { session.close() }
                var asOf = Self.firstDay
                while !isOver.isSet || asOf < Self.firstDay + Self.days * BudgetBench.day {
                    asOf = min(asOf + 3_600_000, Self.firstDay + Self.days * BudgetBench.day)
                    try fixture.run(
                        "SELECT \"spend\".start_days(timestamptz 'epoch' + \(asOf) * interval '1 millisecond', 3)",
                        on: session)
                }
            }
        }
        var happened: [Happening] = []
        let results = Result { try workers.map { try $0.value() } + [try adjuster.value()] }
        isOver.set()
        for clock in clocks { try clock.value() }
        for part in try results.get() { happened += part }
        while try bench.startDays(Self.firstDay + Self.days * BudgetBench.day) > 0 {}
        try check(fixture, happened)
    }

    private struct Key: Hashable {
        var campaign: Int64
        var budget: String
    }

    private func check(_ fixture: StoreFixture, _ happened: [Happening]) throws {
        let rows = try fixture.connection.query(
            fixture.qualify(
                """
                SELECT lane, sequence, campaign_id, kind, budget, threshold_percent, day - date '1970-01-01' AS day,
                    budget_nanos, spent_nanos, sources
                FROM "spend".signal ORDER BY lane, sequence
                """))
        var last: [Int64: Int64] = [:]
        var told: [Key: Int64] = [:]
        var resets: Set<[Int64]> = []
        #expect(rows.count > 30)
        for row in rows {
            let (lane, campaign, day) = (try row.int64("lane"), try row.int64("campaign_id"), try row.int64("day"))
            #expect(try row.int64("sequence") == (last[lane] ?? 0) + 1)
            last[lane] = try row.int64("sequence")
            #expect(lane == (campaign == 2 ? 1 : 0))
            let (kind, budget) = (try row.string("kind"), try row.string("budget"))
            let (threshold, nanos) = (try row.int64("threshold_percent"), try row.int64("budget_nanos"))
            let spent = try row.int64("spent_nanos")
            let key = Key(campaign: campaign, budget: budget)
            // The order: up one threshold at a time, down one at a time, to nothing at a reset.
            let ladder: [Int64] = [0, 50, 80, 95, 100]
            let rung = try #require(ladder.firstIndex(of: told[key] ?? 0))
            switch kind {
            case "crossed":
                #expect(rung < 4 && ladder[min(rung + 1, 4)] == threshold)
                #expect(spent * 100 >= nanos * threshold)
                told[key] = threshold
            case "fell_below":
                #expect(told[key] == threshold)
                #expect(spent * 100 < nanos * threshold)
                told[key] = ladder[max(rung - 1, 0)]
            default:
                #expect(budget == "daily" && resets.insert([campaign, day]).inserted, "reset once")
                told[key] = 0
            }
            // The figure is that of the records before these offsets.
            let sources = try parse(row.string("sources"))
            let counted = happened.filter { happening in
                guard let next = sources["\(happening.topic)/\(happening.partition)"] else { return false }
                let local = happening.time + Self.zone(campaign).milliseconds
                return happening.campaign == campaign && happening.offset < next
                    && (budget == "lifetime" || local / BudgetBench.day == day)
            }
            #expect(counted.reduce(0) { $0 + $1.nanos } == spent, "\(kind) \(budget) \(threshold) of \(campaign)")
        }
        #expect(resets.count == Self.campaigns.count * Int(Self.days))
        // What was signalled last is what is so.
        for row in try fixture.connection.query(fixture.qualify("SELECT * FROM \"spend\".budget")) {
            let campaign = try row.int64("campaign_id")
            let all = happened.filter { $0.campaign == campaign }.reduce(0) { $0 + $1.nanos }
            #expect(try row.int64("lifetime_spent_nanos") == all)
            for budget in ["daily", "lifetime"] {
                let level = try row.int64("\(budget)_level")
                #expect(told[Key(campaign: campaign, budget: budget)] ?? 0 == level)
                let nanos = try row.int64("\(budget)_nanos")
                let spent = try row.int64(budget == "daily" ? "day_spent_nanos" : "lifetime_spent_nanos")
                let expected = nanos == 0 ? 0 : [100, 95, 80, 50].first { spent * 100 >= nanos * $0 } ?? 0
                #expect(level == expected)
            }
        }
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
    }

    private func parse(_ json: String) throws -> [String: Int64] {
        struct Source: Decodable {
            var topic: String
            var partition: Int32
            var next_offset: Int64
        }
        let sources = try JSONDecoder().decode([Source].self, from: Data(json.utf8))
        return Dictionary(uniqueKeysWithValues: sources.map { ("\($0.topic)/\($0.partition)", $0.next_offset) })
    }
}
