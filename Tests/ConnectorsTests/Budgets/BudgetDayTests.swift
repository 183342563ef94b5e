import Connectors
import Postgres
import Schemas
import Streams
import Testing

/// Days of budgets: what belongs to which, and when one ends.
@Suite struct BudgetDayTests {
    private typealias Budget = BudgetBench.Budget

    @Test func aNewDayIsSignalledOnceAndBeginsAtNothing() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.set(Budget(daily: 1_000_000, lifetime: 4_000_000))
        try bench.charge(1_000_000)
        _ = try bench.signals()
        #expect(try bench.startDays(utc(2026, 11, 21) - 1) == 0)
        #expect(try bench.startDays(utc(2026, 11, 21)) == 1)
        #expect(try bench.startDays(utc(2026, 11, 21)) == 0)
        let columns = "kind, budget, threshold_percent, day, budget_nanos, spent_nanos, budget_version"
        #expect(try bench.signals(columns) == ["reset daily 0 2026-11-21 1000000 0 1"])
        // What comes late for the day before changes neither the new day nor its level, but the lifetime.
        try bench.charge(1_000_000, at: utc(2026, 11, 20, 23, 59, 59))
        #expect(try bench.signals() == ["crossed lifetime 50"])
        try bench.charge(500_000, at: utc(2026, 11, 21))
        #expect(try bench.signals() == ["crossed daily 50"])
        // Days without a clock are not made up for: the day that runs is signalled.
        #expect(try bench.startDays(utc(2026, 11, 27, 5)) == 1)
        #expect(try bench.signals("kind, day") == ["reset 2026-11-27"])
    }

    @Test func spendOfTheNextDayThatComesBeforeItsResetIsSignalledBehindIt() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.set(Budget(daily: 1_000_000))
        try bench.charge(400_000)
        try bench.charge(850_000, at: utc(2026, 11, 21, 0, 0, 1))
        #expect(try bench.signals() == [])
        #expect(try bench.standing() == "2026-11-20 400000 0 1250000 0")
        try bench.startDays(utc(2026, 11, 21, 0, 0, 2))
        #expect(
            try bench.signals("kind, threshold_percent, spent_nanos") == [
                "reset 0 850000", "crossed 50 850000", "crossed 80 850000",
            ])
    }

    @Test func onlyADailyBudgetThatRunsIsReset() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        let midnight = utc(2026, 11, 21)
        try bench.set(
            Budget(campaign: 1, daily: 10, starts: midnight, ends: midnight + 1),
            Budget(campaign: 2, daily: 10, starts: midnight + 1), Budget(campaign: 3, daily: 10, ends: midnight),
            Budget(campaign: 4, lifetime: 10))
        #expect(try bench.startDays(midnight) == 4)
        #expect(try bench.signals("kind, campaign_id") == ["reset 1"])
        #expect(try bench.startDays(midnight + BudgetBench.day) == 4)
        #expect(try bench.signals("kind, campaign_id") == ["reset 2"])
    }

    @Test func ofTwoClocksOneStartsADay() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        for campaign in 1...60 {
            try bench.set(Budget(campaign: Int64(campaign), daily: 10, partition: Int32(campaign % 3)))
        }
        let fixture = bench.fixture
        for day in 1...4 {
            let asOf = utc(2026, 11, 20 + Int64(day))
            let clocks = (0..<3).map { _ in
                Pending {
                    let session = try PostgresConnection(fixture.configuration)
                    defer { session.close() }
                    var started: Int64 = 0
                    while true {
                        let count = try fixture.number(
                            """
                            SELECT "spend".start_days(timestamptz 'epoch' + \(asOf) * interval '1 millisecond', 7)
                            """, on: session)
                        started += count
                        if count == 0 { return started }
                    }
                }
            }
            let started = try clocks.map { try $0.value() }.reduce(0, +)
            // One that finds what another one has just started may stop early; the last round is here.
            #expect(try started + bench.startDays(asOf) == 60)
            #expect(try bench.signals("campaign_id").count == 60)
        }
        let twice = try fixture.lines(
            "SELECT campaign_id, day FROM \"spend\".signal WHERE kind = 'reset' GROUP BY 1, 2 HAVING count(*) > 1")
        #expect(twice == [])
    }

    /// A zone, where its day begins and ends in UTC by hand, and the date.
    @Test(arguments: [
        ("UTC", utc(2026, 11, 20), utc(2026, 11, 21), "2026-11-20"),
        ("Asia/Kolkata", utc(2026, 11, 19, 18, 30), utc(2026, 11, 20, 18, 30), "2026-11-20"),
        ("Asia/Kathmandu", utc(2026, 11, 19, 18, 15), utc(2026, 11, 20, 18, 15), "2026-11-20"),
        ("Pacific/Chatham", utc(2026, 11, 20, 10, 15), utc(2026, 11, 21, 10, 15), "2026-11-21"),
        ("America/New_York", utc(2026, 11, 20, 5), utc(2026, 11, 21, 5), "2026-11-20"),
        ("Pacific/Kiritimati", utc(2026, 11, 20, 10), utc(2026, 11, 21, 10), "2026-11-21"),
    ])
    func aBudgetThatComesAfterTheSpendKnowsItsDay(zone: String, starts: Int64, ends: Int64, day: String) async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        // Each power of two tells what was counted: before, at the beginning, within, at the end, behind, and the same
        // of adjustments, which have moments and not minutes.
        try bench.charge(1_000, at: starts - 1)
        try bench.charge(2_000, at: starts)
        try bench.charge(4_000, at: starts + 1_800_000)
        try bench.charge(8_000, at: starts + 7_200_000, partition: 1)
        try bench.charge(16_000, at: ends - 1)
        try bench.charge(32_000, at: ends)
        try bench.charge(64_000, at: ends + 3_600_000)
        try bench.adjust(128_000, at: starts - 1)
        try bench.adjust(256_000, at: starts)
        try bench.adjust(512_000, at: starts + 7_200_000)
        try bench.adjust(1_024_000, at: ends - 1)
        try bench.adjust(2_048_000, at: ends)
        try bench.charge(4_096_000, campaign: 71, at: starts)
        try bench.charge(8_192_000, at: starts, currency: "USD")
        // The campaign's budget is that of all its events, whichever advertiser they name.
        try bench.charge(16_384_000, advertiser: 8, at: starts)
        let spent = 2_000 + 4_000 + 8_000 + 16_000 + 256_000 + 512_000 + 1_024_000 + 16_384_000
        let all = 4_095_000 + 16_384_000
        try bench.set(Budget(daily: 1_000_000_000_000, zone: zone), asOf: BudgetBench.noon)
        #expect(try bench.standing() == "\(day) \(spent) 0 \(all) 0")
        // What comes from then on goes the same way.
        try bench.charge(2_000, at: starts)
        try bench.charge(16_000, at: ends - 1)
        try bench.adjust(256_000, at: starts)
        try bench.charge(1_000, at: starts - 1)
        try bench.adjust(2_048_000, at: ends)
        #expect(try bench.standing()?.split(separator: " ")[1] == "\(spent + 2_000 + 16_000 + 256_000)")
        // And the next day is there when it comes.
        #expect(try bench.startDays(ends - 1) == 0)
        #expect(try bench.startDays(ends) == 1)
        #expect(try bench.standing()?.split(separator: " ")[1] == "\(32_000 + 64_000 + 2_048_000 + 2_048_000)")
    }

    /// Where records have no timestamp an event may lie any time ahead.
    @Test func whatLiesFarAheadOutlivesAChangeOfTheBudget() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        let ahead = BudgetBench.noon + 9 * BudgetBench.day
        try bench.charge(300_000, at: ahead)
        try bench.set(Budget(daily: 1_000_000))
        try bench.charge(300_000, at: ahead)
        try bench.set(Budget(daily: 1_000_000, zone: "Asia/Kolkata", version: 2))
        try bench.startDays(ahead)
        #expect(try bench.signals("kind, threshold_percent, spent_nanos") == ["reset 0 600000", "crossed 50 600000"])
    }

    @Test func aChangedZoneCutsTheDayThatRunsAnew() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.charge(400_000, at: utc(2026, 11, 20, 3))
        try bench.charge(500_000, at: utc(2026, 11, 20, 6))
        try bench.set(Budget(daily: 1_000_000))
        #expect(try bench.signals("threshold_percent, day") == ["50 2026-11-20", "80 2026-11-20"])
        // Of New York's 20th, which begins at 5:00 UTC, only the second charge is.
        try bench.set(Budget(daily: 1_000_000, zone: "America/New_York", version: 2))
        #expect(try bench.signals() == ["fell_below daily 80"])
        #expect(try bench.standing() == "2026-11-20 500000 50 900000 0")
        #expect(try bench.startDays(utc(2026, 11, 21, 4, 59)) == 0)
        #expect(try bench.startDays(utc(2026, 11, 21, 5)) == 1)
        #expect(try bench.signals("kind, day") == ["reset 2026-11-21"])
        // To the east and back within a day: its date comes twice, and is signalled once.
        let moment = utc(2026, 11, 21, 12)
        try bench.set(Budget(daily: 1_000_000, zone: "Pacific/Auckland", version: 3), asOf: moment)
        #expect(try bench.standing()?.hasPrefix("2026-11-22 ") == true)
        try bench.set(Budget(daily: 1_000_000, zone: "America/New_York", version: 4), asOf: moment)
        #expect(try bench.standing()?.hasPrefix("2026-11-21 ") == true)
        #expect(try bench.startDays(utc(2026, 11, 22, 5)) == 1)
        try bench.set(Budget(daily: 1_000_000, zone: "Pacific/Honolulu", version: 5), asOf: utc(2026, 11, 22, 6))
        #expect(try bench.standing()?.hasPrefix("2026-11-21 ") == true)
        #expect(try bench.startDays(utc(2026, 11, 22, 10)) == 1)
        #expect(try bench.signals("kind, day") == ["reset 2026-11-22"])
    }

    /// Berlin's clocks go back on 2026-10-25: the day has 25 hours, from 22:00 UTC to 23:00 UTC.
    @Test func aDayOfTwentyFiveHoursIsOneDay() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        let midnight = utc(2026, 10, 24, 22)
        try bench.set(Budget(daily: 1_000_000, zone: "Europe/Berlin"), asOf: midnight)
        try bench.charge(400_000, at: midnight)
        try bench.charge(400_000, at: midnight + 25 * 3_600_000 - 1)
        try bench.charge(400_000, at: midnight + 25 * 3_600_000)
        #expect(try bench.standing() == "2026-10-25 800000 80 1200000 0")
        #expect(try bench.startDays(midnight + 24 * 3_600_000) == 0)
        #expect(try bench.startDays(midnight + 25 * 3_600_000) == 1)
        #expect(try bench.standing() == "2026-10-26 400000 0 1200000 0")
    }
}
