import Connectors
import Postgres
import Schemas
import Streams
import Testing

/// What a window says of itself: open, closed by the watermark, corrected after it closed.
@Suite struct FinalityTests {
    private static let hour = utc(2026, 11, 20, 10)
    private static let minute: Int64 = 60_000
    /// The watermark stays 30 seconds behind the log's own time.
    private static let delay: Int64 = 30_000

    private func status(_ fixture: StoreFixture, _ level: String) throws -> [String] {
        let window = level.contains("day") ? "day" : level.contains("minute") ? "minute" : "hour"
        return try fixture.lines(
            "SELECT status, revision, corrections, clicks FROM \"spend\".\(level) ORDER BY \(window)")
    }

    @Test func aWindowClosesWithTheWatermarkAndIsCorrectedAfterwards() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let (one, two) = (try EventsPartition(fixture, 0), try EventsPartition(fixture, 1))
        try one.commit([click(1_000, at: Self.hour)], streamTime: Self.hour)
        try two.commit([click(1_000, at: Self.hour)], streamTime: Self.hour)
        #expect(try status(fixture, "minute") == ["open 2 0 2"])
        // One partition's watermark at the end of the minute; the other's a millisecond before; then both.
        let end = Self.hour + Self.minute + Self.delay
        try one.commit([], streamTime: end)
        try two.commit([], streamTime: end - 1)
        #expect(try fixture.lines("SELECT status FROM \"spend\".minute") == ["open"])
        try two.commit([], streamTime: end)
        #expect(try status(fixture, "minute") == ["closed 2 0 2"])
        #expect(try status(fixture, "hour") == ["open 2 0 2"])
        // Late: the minute is corrected, the hour is not, because it is open still.
        let before = try fixture.lines("SELECT changed_at FROM \"spend\".minute")
        try one.commit([click(1_000, at: Self.hour + 1)], streamTime: end)
        #expect(try status(fixture, "minute") == ["corrected 3 1 3"])
        #expect(try status(fixture, "hour") == ["open 3 0 3"])
        #expect(try fixture.lines("SELECT changed_at > '\(before[0])' FROM \"spend\".minute") == ["t"])
        // The hour closes, and so do its ads, placements and countries; what comes then corrects them all.
        for partition in [one, two] { try partition.commit([], streamTime: Self.hour + 60 * Self.minute + Self.delay) }
        let finer = ["ad_hour", "ad_group_hour", "placement_hour", "country_hour"]
        for level in ["hour"] + finer { #expect(try status(fixture, level) == ["closed 3 0 3"], "\(level)") }
        try two.commit([click(1_000, at: Self.hour + 59 * Self.minute)])
        for level in ["hour"] + finer { #expect(try status(fixture, level) == ["corrected 4 1 4"], "\(level)") }
        #expect(try status(fixture, "minute") == ["corrected 3 1 3", "corrected 1 1 1"])
        for level in ["day", "advertiser_day"] { #expect(try status(fixture, level) == ["open 4 0 4"], "\(level)") }
        for partition in [one, two] { try partition.commit([], streamTime: utc(2026, 11, 21) + Self.delay) }
        for level in ["day", "advertiser_day"] { #expect(try status(fixture, level) == ["closed 4 0 4"], "\(level)") }
        try one.commit([click(1_000, at: utc(2026, 11, 20, 23, 59, 59))])
        for level in ["day", "advertiser_day"] {
            #expect(try status(fixture, level) == ["corrected 5 1 5"], "\(level)")
        }
        #expect(try fixture.lines("SELECT revision FROM \"spend\".lifetime") == ["5"])
    }

    @Test func aDayClosesAtTheMidnightOfItsAdvertiser() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try fixture.run("SELECT \"spend\".set_zone(7, 'Asia/Kolkata', '2026-01-01')")
        let partition = try EventsPartition(fixture)
        try partition.commit([click(1_000, at: Self.hour), click(1_000, advertiser: 8, at: Self.hour)])
        try partition.commit([], streamTime: utc(2026, 11, 20, 18, 30) + Self.delay - 1)
        let days = "SELECT advertiser_id, status FROM \"spend\".day ORDER BY 1"
        #expect(try fixture.lines(days) == ["7 open", "8 open"])
        try partition.commit([], streamTime: utc(2026, 11, 20, 18, 30) + Self.delay)
        #expect(try fixture.lines(days) == ["7 closed", "8 open"])
    }

    @Test func anIdlePartitionHoldsNobodyBackUntilItHasSomething() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let (quiet, busy) = (try EventsPartition(fixture, 0), try EventsPartition(fixture, 1))
        try quiet.commit([click(1_000, at: Self.hour)], streamTime: Self.hour)
        try busy.commit([click(1_000, at: Self.hour)], streamTime: Self.hour + 2 * Self.minute)
        let watermark = "SELECT extract(epoch FROM watermark)::int8 * 1000 FROM \"spend\".watermark"
        #expect(try fixture.number(watermark) == Self.hour - Self.delay)
        try fixture.run("UPDATE \"sluice\".progress SET idle_offset = next_offset WHERE partition = 0")
        #expect(try fixture.number(watermark) == Self.hour + 2 * Self.minute - Self.delay)
        #expect(try fixture.lines("SELECT status FROM \"spend\".minute") == ["closed"])
        // It ends being idle by what it applies.
        try quiet.commit([click(1_000, at: Self.hour + 3 * Self.minute)], streamTime: Self.hour + 3 * Self.minute)
        #expect(try fixture.number(watermark) == Self.hour + 2 * Self.minute - Self.delay)
        // Where all are idle the highest stands; nothing falls back.
        try fixture.run("UPDATE \"sluice\".progress SET idle_offset = next_offset")
        #expect(try fixture.number(watermark) == Self.hour + 3 * Self.minute - Self.delay)
        // Other topics and jobs of the same database have no say.
        try fixture.run(
            """
            INSERT INTO "sluice".progress (job, topic, partition, epoch, owner, next_offset, watermark)
            VALUES ('job', 'adjustments', 0, 1, 'a', 5, '2020-01-01'), ('other', 'topic', 0, 1, 'a', 5, '2020-01-01');
            INSERT INTO "sluice".output (job, topic, schema_name, source)
            VALUES ('job', 'adjustments', '\(fixture.names.schema("spend"))', 'adjustments')
            """)
        #expect(try fixture.number(watermark) == Self.hour + 3 * Self.minute - Self.delay)
    }

    /// What an idle partition still brings for a window that closed without it is a correction, at every level.
    @Test func whatComesForAWindowThatClosedWithoutItsPartitionCorrectsIt() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let (quiet, busy) = (try EventsPartition(fixture, 0), try EventsPartition(fixture, 1))
        try quiet.commit([click(1_000, at: Self.hour)], streamTime: Self.hour)
        try busy.commit([click(1_000, at: Self.hour)], streamTime: utc(2026, 11, 21, 1))
        try fixture.run("UPDATE \"sluice\".progress SET idle_offset = next_offset WHERE partition = 0")
        #expect(try status(fixture, "day") == ["closed 2 0 2"])
        try quiet.commit([click(1_000, at: Self.hour + 1)], streamTime: Self.hour + 1)
        // Awake, it holds the others back as any partition does.
        #expect(try fixture.lines("SELECT status FROM \"spend\".day") == ["open"])
        try quiet.commit([click(1_000, at: Self.hour + 2)], streamTime: utc(2026, 11, 21, 1))
        for level in ["minute", "hour", "day", "ad_hour", "placement_hour", "country_hour"] {
            #expect(try status(fixture, level) == ["corrected 4 1 4"], "\(level)")
        }
    }
}
