import Connectors
import Postgres
import Schemas
import SpendAggregatorJob
import Streams
import Testing

/// A figure at any level equals the sum of the level below, at every committed state.
@Suite(.timeLimit(.minutes(5)))
struct LevelSumTests {
    private static let now = utc(2026, 11, 20, 12)
    /// Checkpoints of each worker.
    private static let rounds = 10

    private func setZones(_ fixture: StoreFixture) throws {
        for zone in RandomEvents.zones {
            try fixture.run("SELECT \"spend\".set_zone(\(zone.advertiser), '\(zone.name)', '1960-01-01')")
        }
    }

    private static var zoneMinutes: [Int64: Int64] {
        Dictionary(uniqueKeysWithValues: RandomEvents.zones.map { ($0.advertiser, $0.minutes) })
    }

    /// One worker's checkpoints, and what they come to.
    private static func work(
        _ fixture: StoreFixture, _ number: Int32, seed: UInt64, watched looks: Counter
    ) throws -> LevelTruth {
        var random = RandomEvents(seed: seed + UInt64(number), around: now)
        var truth = LevelTruth(zoneMinutes: zoneMinutes)
        let partition = try EventsPartition(fixture, number)
        for round in 0..<Self.rounds {
            looks.wait(for: round / 2)
            let events = (0..<random.number(1...30)).map { _ in random.event() }
            let late = try partition.commit(events, streamTime: now - 600_000 + Int64(round) * 40_000)
            for (event, isLate) in zip(events, late) { truth.add(event, isLate: isLate) }
        }
        return truth
    }

    /// Adjustments of one partition, some of them again.
    private static func adjust(
        _ fixture: StoreFixture, _ number: Int32, seed: UInt64, watched looks: Counter
    ) throws -> LevelTruth {
        var random = RandomEvents(seed: seed &* 31 + UInt64(number), around: now)
        var truth = LevelTruth(zoneMinutes: zoneMinutes)
        let session = try PostgresConnection(fixture.configuration)
        defer { session.close() }
        var known: [GivenAdjustment] = []
        for round in 0..<Self.rounds {
            looks.wait(for: round / 2)
            let fresh = (0..<4).map {
                random.adjustment(id: (Int(number) * 1_000 + round) * 10 + $0 + 1, partition: number)
            }
            let again = known.suffix(random.number(0...3))
            #expect(try fixture.adjust(fresh + again, on: session) == Int64(again.count))
            for adjustment in fresh { truth.add(adjustment) }
            known += fresh
        }
        return truth
    }

    @Test(arguments: [UInt64(1), 2])
    func everyCommittedStateAddsUp(seed: UInt64) async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try setZones(fixture)
        let looks = Counter()
        let events = (0..<3).map { number in
            Pending { try Self.work(fixture, Int32(number), seed: seed, watched: looks) }
        }
        let adjustments = (0..<2).map { number in
            Pending { try Self.adjust(fixture, Int32(number), seed: seed, watched: looks) }
        }
        // One who looks, again and again; the others are never more than two checkpoints ahead of it.
        try Pending { try Self.watch(fixture, looks) }.value()
        let results = try (events + adjustments).map { try $0.value() }
        var truth = LevelTruth(zoneMinutes: Self.zoneMinutes)
        for part in results { truth.merge(part) }
        try truth.expect(fixture)
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
    }

    /// Looks at one snapshot after the other.
    private static func watch(_ fixture: StoreFixture, _ looks: Counter) throws {
        // Whatever happens here, the others come to their end.
        defer { looks.raise(to: rounds) }
        let session = try fixture.session()
        defer { session.close() }
        for look in 0..<rounds / 2 {
            try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            let differences = try fixture.lines("SELECT * FROM \"spend\".level_differences() LIMIT 5", on: session)
            try #require(differences == [], "look \(look)")
            try LevelTruth.expectSums(fixture, on: session)
            try session.execute("COMMIT")
            looks.raise()
        }
    }

    /// Damage of one row that `level_differences` must name, and how.
    struct Damage: Sendable, CustomTestStringConvertible {
        var table: String
        var change: String
        var source = "true"
        var named: Set<String>
        var testDescription: String { "\(table): \(change)" }
    }

    private static let ofHours: Set<String> = [
        "hour of minutes", "hour of ads", "hour of placements", "hour of countries",
    ]
    private static let damages: [Damage] = [
        Damage(
            table: "minute_by_partition", change: "clicks = clicks + 1", named: ["hour of minutes", "day of minutes"]),
        Damage(table: "minute_by_partition", change: "", named: ["hour of minutes", "day of minutes"]),
        Damage(
            table: "hour_by_partition", change: "spend_nanos = spend_nanos - 1", source: "source = 'e'", named: ofHours),
        Damage(
            table: "hour_by_partition", change: "late_events = late_events + 1", source: "source = 'e'", named: ofHours),
        Damage(
            table: "hour_by_partition", change: "advertiser_id = advertiser_id + 100", source: "source = 'e'",
            named: ofHours),
        Damage(
            table: "hour_by_partition", change: "adjustment_nanos = adjustment_nanos + 1", source: "source = 'a'",
            named: ["hour of ads", "hour of adjustments"]),
        Damage(
            table: "hour_by_partition", change: "", source: "source = 'a'",
            named: ["hour of ads", "hour of adjustments"]),
        Damage(
            table: "day_by_partition", change: "impressions = impressions + 1", source: "source = 'e'",
            named: ["day of minutes", "lifetime of days"]),
        Damage(
            table: "day_by_partition", change: "day = day + 1", source: "source = 'e'", named: ["day of minutes"]),
        Damage(
            table: "day_by_partition", change: "adjustments = adjustments + 1", source: "source = 'a'",
            named: ["day of adjustments", "lifetime of days"]),
        Damage(
            table: "lifetime_by_partition", change: "invalid_events = invalid_events + 1", named: ["lifetime of days"]),
        Damage(
            table: "lifetime_by_partition", change: "advertiser_id = advertiser_id + 100", named: ["lifetime of days"]),
        Damage(table: "lifetime_by_partition", change: "", named: ["lifetime of days"]),
        Damage(table: "ad_hour_by_partition", change: "video_views = video_views + 1", named: ["hour of ads"]),
        Damage(
            table: "placement_hour_by_partition", change: "conversions = conversions + 1", named: ["hour of placements"]
        ),
        Damage(table: "placement_hour_by_partition", change: "", named: ["hour of placements"]),
        Damage(
            table: "country_hour_by_partition", change: "spend_nanos = spend_nanos + 1", named: ["hour of countries"]),
        Damage(
            table: "adjustment", change: "amount_nanos = amount_nanos + 1",
            named: ["hour of adjustments", "day of adjustments"]),
        Damage(table: "adjustment", change: "", named: ["hour of adjustments", "day of adjustments"]),
    ]

    @Test func damageOfOneRowIsNamed() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try EventsPartition(fixture).commit(
            [
                click(5_000, at: Self.now),
                AdEvent(
                    idLength: 16, eventTimeMilliseconds: Self.now, advertiserID: 8, campaignID: 70, adID: 3, type: 1,
                    pricing: 1, priceMicros: 7, currency: CurrencyCode("EUR")!, placement: 4, country: 0x4445),
            ])
        try fixture.adjust([GivenAdjustment(id: 1, time: Self.now, nanos: -5)])
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        for damage in Self.damages {
            // As the results' writers do it: the triggers of the version before would mend the levels.
            try fixture.run("BEGIN; SELECT \"spend\".begin_results()")
            let row =
                "(tableoid, ctid) = (SELECT tableoid, ctid FROM \"spend\".\(damage.table) WHERE \(damage.source) LIMIT 1)"
            try fixture.run(
                damage.change.isEmpty
                    ? "DELETE FROM \"spend\".\(damage.table) WHERE \(row)"
                    : "UPDATE \"spend\".\(damage.table) SET \(damage.change) WHERE \(row)")
            let named = try fixture.lines("SELECT DISTINCT comparison FROM \"spend\".level_differences()")
            try fixture.run("ROLLBACK")
            #expect(Set(named) == damage.named, "\(damage.testDescription)")
        }
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
    }

    /// A mutant: whoever forgets a level is found out.
    @Test func aDerivationWithoutDaysIsNoticed() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let partition = try EventsPartition(fixture)
        try partition.commit([click(5_000, at: Self.now)])
        try fixture.mutate(
            "derive_levels", replacing: "FROM given JOIN spans",
            by: "FROM given JOIN (SELECT * FROM spans LIMIT 0) AS none")
        try partition.commit([click(5_000, at: Self.now)])
        let named = try fixture.lines("SELECT DISTINCT comparison FROM \"spend\".level_differences() ORDER BY 1")
        #expect(named == ["day of minutes", "lifetime of days"])
    }
}
