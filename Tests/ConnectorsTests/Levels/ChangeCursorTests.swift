import Connectors
import Postgres
import Schemas
import Streams
import Testing

/// "What changed since": nothing is missed, and a cursor of other results is refused.
@Suite struct ChangeCursorTests {
    private static let noon = utc(2026, 11, 20, 12)
    private static let levels = [
        "minute", "hour", "day", "lifetime", "ad_hour", "ad_group_hour", "placement_hour", "country_hour",
        "advertiser_day", "advertiser_lifetime",
    ]

    private func cursor(_ fixture: StoreFixture) throws -> String {
        try fixture.lines("SELECT \"spend\".change_cursor()")[0]
    }

    /// The campaigns that a level's changes name.
    private func changes(_ fixture: StoreFixture, _ level: String, since cursor: String) throws -> [String] {
        let name = level.hasPrefix("advertiser") ? "advertiser_id" : "campaign_id"
        return try fixture.lines("SELECT DISTINCT \(name) FROM \"spend\".\(level)_changes('\(cursor)') ORDER BY 1")
    }

    @Test func whoeverBeganEarlierAndCommitsLaterIsNotMissed() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let (slow, quick) = (try EventsPartition(fixture, 0), try EventsPartition(fixture, 1))
        // Of days that nobody else has changed, long before: what is skipped by days must not be skipped here.
        let early = Self.noon - 9 * 86_400_000
        try slow.commit([click(1_000, campaign: 1, advertiser: 1, at: early)])
        // The slow one is held up behind its first writing, when it has its number.
        let session = try fixture.session()
        defer { session.close() }
        let held = "SELECT FROM \"spend\".lifetime_by_partition WHERE campaign_id = 1 FOR UPDATE"
        try fixture.run("BEGIN; \(held)", on: session)
        let pending = Pending { try slow.commit([click(1_000, campaign: 1, advertiser: 1, at: early)]) }
        #expect(try fixture.waitUntil(session))
        try quick.commit([click(1_000, campaign: 2, advertiser: 2, at: Self.noon)])
        let since = try cursor(fixture)
        for level in Self.levels { #expect(try changes(fixture, level, since: "").sorted() == ["1", "2"], "\(level)") }
        try session.execute("COMMIT")
        _ = try pending.value()
        for level in Self.levels {
            #expect(try changes(fixture, level, since: since).contains("1"), "\(level)")
            let sum = try fixture.lines(
                "SELECT sum(clicks) FROM \"spend\".\(level)_changes('\(since)') WHERE advertiser_id = 1")
            #expect(sum == ["2"], "\(level)")
        }
    }

    @Test func everyChangeIsReportedAndOnlyChangesAre() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let partition = try EventsPartition(fixture)
        try partition.commit([click(1_000, campaign: 1, advertiser: 1, at: Self.noon)])
        try fixture.adjust([GivenAdjustment(id: 1, time: Self.noon, advertiser: 3, campaign: 3, nanos: 5)])
        // A cursor that everything before has certainly been seen by: no transaction of this time is open any more.
        let since = try settledCursor(fixture)
        try partition.commit([click(1_000, campaign: 2, advertiser: 2, at: Self.noon)])
        try fixture.adjust([GivenAdjustment(id: 2, time: Self.noon, advertiser: 4, campaign: 4, nanos: 5)])
        for level in Self.levels {
            let adjusts = !["minute", "placement_hour", "country_hour"].contains(level)
            #expect(try changes(fixture, level, since: since) == (adjusts ? ["2", "4"] : ["2"]), "\(level)")
        }
    }

    /// A cursor with nothing of this database under way below it.
    private func settledCursor(_ fixture: StoreFixture) throws -> String {
        let mine = try fixture.number("SELECT max(changed_in) FROM \"spend\".lifetime_by_partition")
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            let cursor = try cursor(fixture)
            if Int64(cursor.split(separator: ".")[3])! > mine { return cursor }
        }
        throw StoreError(.transient, "transactions of other tests stay open")
    }

    @Test func aCursorOfOtherResultsIsRefused() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try EventsPartition(fixture).commit([click(1_000, at: Self.noon)])
        let since = try cursor(fixture)
        let parts = since.split(separator: ".").map(String.init)
        func text(_ place: Int, _ other: String) -> String {
            parts.enumerated().map { $0 == place ? other : $1 }.joined(separator: ".")
        }
        let refused: [(String, String)] = [
            // Restored into another server; before a failover; taken back by a rewind; of commits that were lost.
            (text(0, "\(UInt64(parts[0])! ^ 1)"), "SLU02"), (text(1, "\(Int64(parts[1])! + 1)"), "SLU02"),
            (text(2, "\(Int64(parts[2])! + 1)"), "SLU02"), (text(3, "\(Int64(parts[3])! + 1_000_000_000)"), "SLU02"),
            ("x", "22023"), ("1.2.3", "22023"), ("-1.1.1.1", "22023"), ("\(since) ", "22023"),
            (text(3, "99999999999999999999"), "22023"),
        ]
        for (text, state) in refused {
            for level in Self.levels {
                let error = #expect(throws: PostgresError.self, "\(text)") { try changes(fixture, level, since: text) }
                #expect(error?.sqlState == state && error?.hint != nil, "\(text)")
            }
        }
        try fixture.run("SELECT \"spend\".forget_partition(0)")
        let error = #expect(throws: PostgresError.self) { try changes(fixture, "day", since: since) }
        #expect(error?.sqlState == "SLU02")
        #expect(try changes(fixture, "day", since: cursor(fixture)) == [])
    }

    /// What a role that may only read can ask, and what it cannot.
    @Test func aReaderMayAskForChangesAndForNothingElse() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try EventsPartition(fixture).commit([click(1_000, at: Self.noon)])
        let reader = fixture.names.schema("reader")
        try fixture.run("SELECT \"spend\".grant_reader('\(reader)'); SET ROLE \(reader)")
        for level in Self.levels {
            #expect(try changes(fixture, level, since: "") == [level.hasPrefix("adv") ? "7" : "70"])
        }
        _ = try cursor(fixture)
        for statement in [
            "SELECT FROM \"spend\".minute_by_partition", "SELECT FROM \"spend\".adjustment",
            "DELETE FROM \"spend\".exchange_rate", "SELECT \"spend\".set_zone(7, 'UTC', '2030-01-01')",
            "SELECT \"spend\".drop_minutes('infinity')", "SELECT \"spend\".forget_partition(0)",
        ] {
            let error = #expect(throws: PostgresError.self, "\(statement)") { try fixture.run(statement) }
            #expect(error?.sqlState == "42501", "\(statement)")
        }
        try fixture.run("RESET ROLE; DROP OWNED BY \(reader); DROP ROLE \(reader)")
    }
}
