import Connectors
import Postgres
import Schemas
import Streams
import Testing

/// Days in the advertisers' time zones. All moments were worked out by hand from the zones' rules.
@Suite struct AdvertiserDayTests {
    /// A day, and when it begins and ends in UTC.
    struct CutDay: Sendable, CustomTestStringConvertible {
        var zone: String
        var date: String
        var starts: Int64
        var ends: Int64
        /// The day before it, where that is another one than the calendar says.
        var before: String
        var after: String
        var testDescription: String { "\(zone) \(date)" }
    }

    static let cut: [CutDay] = [
        // 23 hours: at 2:00 the clocks go to 3:00. 25 hours: at 3:00 they go back to 2:00.
        CutDay(
            zone: "Europe/Berlin", date: "2026-03-29", starts: utc(2026, 3, 28, 23), ends: utc(2026, 3, 29, 22),
            before: "2026-03-28", after: "2026-03-30"),
        CutDay(
            zone: "Europe/Berlin", date: "2026-10-25", starts: utc(2026, 10, 24, 22), ends: utc(2026, 10, 25, 23),
            before: "2026-10-24", after: "2026-10-26"),
        CutDay(
            zone: "America/New_York", date: "2026-03-08", starts: utc(2026, 3, 8, 5), ends: utc(2026, 3, 9, 4),
            before: "2026-03-07", after: "2026-03-09"),
        CutDay(
            zone: "America/New_York", date: "2026-11-01", starts: utc(2026, 11, 1, 4), ends: utc(2026, 11, 2, 5),
            before: "2026-10-31", after: "2026-11-02"),
        // Midnight does not exist: the clocks go from 0:00 to 1:00. Midnight comes twice: at 1:00 they go back to 0:00.
        CutDay(
            zone: "America/Havana", date: "2026-03-08", starts: utc(2026, 3, 8, 5), ends: utc(2026, 3, 9, 4),
            before: "2026-03-07", after: "2026-03-09"),
        CutDay(
            zone: "America/Havana", date: "2026-11-01", starts: utc(2026, 11, 1, 4), ends: utc(2026, 11, 2, 5),
            before: "2026-10-31", after: "2026-11-02"),
        // Midnight comes twice the other way: at 24:00 the clocks go back to 23:00 of the same day.
        CutDay(
            zone: "America/Santiago", date: "2026-04-04", starts: utc(2026, 4, 4, 3), ends: utc(2026, 4, 5, 4),
            before: "2026-04-03", after: "2026-04-05"),
        CutDay(
            zone: "Asia/Kolkata", date: "2026-06-10", starts: utc(2026, 6, 9, 18, 30), ends: utc(2026, 6, 10, 18, 30),
            before: "2026-06-09", after: "2026-06-11"),
        // The clocks change by half an hour: 24.5 and 23.5 hours.
        CutDay(
            zone: "Australia/Lord_Howe", date: "2026-04-05", starts: utc(2026, 4, 4, 13), ends: utc(2026, 4, 5, 13, 30),
            before: "2026-04-04", after: "2026-04-06"),
        CutDay(
            zone: "Australia/Lord_Howe", date: "2026-10-04", starts: utc(2026, 10, 3, 13, 30),
            ends: utc(2026, 10, 4, 13),
            before: "2026-10-03", after: "2026-10-05"),
        // Samoa went over the date line: there was no 30th of December 2011.
        CutDay(
            zone: "Pacific/Apia", date: "2011-12-29", starts: utc(2011, 12, 29, 10), ends: utc(2011, 12, 30, 10),
            before: "2011-12-28", after: "2011-12-31"),
        CutDay(
            zone: "Pacific/Apia", date: "2011-12-31", starts: utc(2011, 12, 30, 10), ends: utc(2011, 12, 31, 10),
            before: "2011-12-29", after: "2012-01-01"),
        CutDay(
            zone: "UTC", date: "2026-02-28", starts: utc(2026, 2, 28), ends: utc(2026, 3, 1), before: "2026-02-27",
            after: "2026-03-01"),
    ]

    private func days(_ fixture: StoreFixture, _ more: String = "") throws -> [String] {
        try fixture.lines(
            """
            SELECT day, extract(epoch FROM starts_at)::int8 * 1000 AS starts, extract(epoch FROM ends_at)::int8 * 1000 AS ends,
                clicks + adjustments FROM "spend".day \(more) ORDER BY day
            """)
    }

    @Test(arguments: cut)
    func aDayHasWhatLiesBetweenItsMidnights(day: CutDay) async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try fixture.run("SELECT \"spend\".set_zone(7, '\(day.zone)', '2000-01-01')")
        let moments = [
            day.starts - 1, day.starts, day.starts + 1_800_000, day.starts + 3_600_000, day.starts + 7_200_000,
            day.ends - 1,
            day.ends,
        ]
        try EventsPartition(fixture).commit(moments.map { click(1_000, at: $0) })
        try fixture.adjust(moments.enumerated().map { GivenAdjustment(id: $0, time: $1, nanos: -1) })
        let found = try days(fixture)
        try #require(found.count == 3)
        #expect(found[0].hasPrefix("\(day.before) ") && found[0].hasSuffix(" \(day.starts) 2"))
        #expect(found[1] == "\(day.date) \(day.starts) \(day.ends) 10")
        #expect(found[2].hasPrefix("\(day.after) \(day.ends) ") && found[2].hasSuffix(" 2"))
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        let advertiser = try fixture.lines("SELECT day, clicks FROM \"spend\".advertiser_day ORDER BY day")
        #expect(advertiser == ["\(day.before) 1", "\(day.date) 5", "\(day.after) 1"])
    }

    /// From New York to India, days shrink by 9.5 hours once; from India to New York they grow; the date of each moment is
    /// the one by the zone that holds at it.
    @Test(arguments: [
        (
            "America/New_York", "Asia/Kolkata", utc(2026, 6, 9, 18, 30),
            [
                "2026-06-08 \(utc(2026, 6, 8, 4)) \(utc(2026, 6, 9, 4)) 1",
                "2026-06-09 \(utc(2026, 6, 9, 4)) \(utc(2026, 6, 9, 18, 30)) 2",
                "2026-06-10 \(utc(2026, 6, 9, 18, 30)) \(utc(2026, 6, 10, 18, 30)) 2",
            ]
        ),
        (
            "Asia/Kolkata", "America/New_York", utc(2026, 6, 10, 4),
            [
                "2026-06-09 \(utc(2026, 6, 8, 18, 30)) \(utc(2026, 6, 10, 4)) 3",
                "2026-06-10 \(utc(2026, 6, 10, 4)) \(utc(2026, 6, 11, 4)) 2",
            ]
        ),
        // 25 hours apart: the 9th of June is skipped, and the 8th ends an hour early.
        (
            "Pacific/Pago_Pago", "Pacific/Kiritimati", utc(2026, 6, 9, 10),
            [
                "2026-06-08 \(utc(2026, 6, 8, 11)) \(utc(2026, 6, 9, 10)) 3",
                "2026-06-10 \(utc(2026, 6, 9, 10)) \(utc(2026, 6, 10, 10)) 2",
            ]
        ),
    ])
    func aZoneChangesFromADateOn(from: String, to: String, begins: Int64, expected: [String]) async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try fixture.run("SELECT \"spend\".set_zone(7, '\(from)', '2020-01-01')")
        try fixture.run("SELECT \"spend\".set_zone(7, '\(to)', '2026-06-10')")
        let moments = [begins - 16 * 3_600_000, begins - 3_600_000, begins - 1, begins, begins + 1_800_000]
        try EventsPartition(fixture).commit(moments.map { click(1_000, at: $0) })
        #expect(try days(fixture) == expected)
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
    }

    @Test func anAdvertiserWithoutAZoneHasDaysOfUTCAndOthersAreNotTouched() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try fixture.run("SELECT \"spend\".set_zone(8, 'Asia/Tokyo', '2020-01-01')")
        let evening = utc(2026, 6, 9, 20)
        try EventsPartition(fixture).commit([click(1_000, at: evening), click(1_000, advertiser: 8, at: evening)])
        #expect(try days(fixture, "WHERE advertiser_id = 7") == ["2026-06-09 \(utc(2026, 6, 9)) \(utc(2026, 6, 10)) 1"])
        #expect(
            try days(fixture, "WHERE advertiser_id = 8") == [
                "2026-06-10 \(utc(2026, 6, 9, 15)) \(utc(2026, 6, 10, 15)) 1"
            ])
    }

    private func refuses(_ fixture: StoreFixture, _ call: String, _ part: String) {
        let error = #expect(throws: PostgresError.self, "\(call)") {
            try fixture.run("SELECT \"spend\".set_zone(\(call))")
        }
        #expect(error?.sqlState == "22023" && error?.hint != nil, "\(call): \(String(describing: error))")
        #expect(error?.message.contains(part) == true, "\(call): \(String(describing: error))")
    }

    @Test func aZoneThatWouldCutDaysAnewIsRefused() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try fixture.run("SELECT \"spend\".set_zone(7, 'Europe/Berlin', '2026-01-01')")
        refuses(fixture, "7, 'Mars/Olympus', '2026-07-01'", "does not know the time zone \"Mars/Olympus\"")
        refuses(fixture, "7, 'europe/paris', '2026-07-01'", "does not know")
        refuses(fixture, "7, 'Europe/Paris', '2026-01-01'", "from 2026-01-01 on already")
        refuses(fixture, "7, 'Europe/Paris', '2025-12-01'", "from 2026-01-01 on already")
        refuses(fixture, "7, 'Europe/Paris', 'infinity'", "infinity")
        refuses(fixture, "9, 'Europe/Paris', '-infinity'", "infinity")
        // A change before the one before it takes effect: 25 hours to the east, a day later.
        try fixture.run("SELECT \"spend\".set_zone(10, 'Pacific/Pago_Pago', '2026-06-10')")
        refuses(fixture, "10, 'Pacific/Kiritimati', '2026-06-11'", "begins before the first day of the zone")
        try fixture.run("SELECT \"spend\".set_zone(10, 'Pacific/Kiritimati', '2026-06-12')")
        // Days that have results.
        try EventsPartition(fixture).commit([click(1_000, at: utc(2026, 6, 9, 12))])
        try fixture.adjust([GivenAdjustment(id: 1, time: utc(2026, 6, 20, 12), advertiser: 8, nanos: 1)])
        refuses(fixture, "7, 'Asia/Tokyo', '2026-06-09'", "has spend on 2026-06-09 already")
        refuses(fixture, "7, 'Asia/Tokyo', '2026-06-10'", "has spend on 2026-06-09 already")
        refuses(fixture, "8, 'Asia/Tokyo', '2026-06-20'", "has spend on 2026-06-20 already")
        // To the west the day before would end later than it said, perhaps after it was closed.
        refuses(fixture, "7, 'America/New_York', '2026-06-10'", "has spend on 2026-06-09 already")
        refuses(fixture, "8, 'America/New_York', '2026-06-21'", "has spend on 2026-06-20 already")
        try fixture.run("SELECT \"spend\".set_zone(7, 'Europe/Paris', '2026-06-10')")
        try fixture.run("SELECT \"spend\".set_zone(7, 'America/New_York', '2026-06-11')")
        try fixture.run("SELECT \"spend\".set_zone(8, 'America/New_York', '2026-06-22')")
        #expect(
            try fixture.lines(
                """
                SELECT effective_from, zone, last_day FROM "spend".advertiser_zone WHERE advertiser_id = 7
                ORDER BY effective_from
                """) == [
                    "-infinity UTC 2025-12-31", "2026-01-01 Europe/Berlin 2026-06-09",
                    "2026-06-10 Europe/Paris 2026-06-10",
                    "2026-06-11 America/New_York infinity",
                ])
    }

    /// Whoever asks from another time zone gets the same fingerprint of a zone's rules, and the same days.
    @Test func theSessionsOwnZoneHasNoSay() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let question = """
            SELECT "spend".zone_rules('Europe/Berlin'), extract(epoch FROM "spend".day_start('2026-03-29', 'Europe/Berlin'))::int8,
                "spend".advertiser_day(7, timestamptz '2026-03-28 23:30+00')
            """
        let first = try fixture.lines(question)
        for zone in ["Europe/Berlin", "America/St_Johns", "Pacific/Apia"] {
            try fixture.run("SET TimeZone = '\(zone)'; SET IntervalStyle = 'iso_8601'; SET DateStyle = 'German'")
            #expect(
                try fixture.lines(question).map { $0.split(separator: " ").prefix(2) }
                    == first.map { $0.split(separator: " ").prefix(2) })
        }
    }
}
