import Connectors
import Postgres
import Schemas
import Streams
import Testing

/// What is signalled of one campaign, and when.
@Suite struct BudgetThresholdTests {
    private typealias Budget = BudgetBench.Budget

    @Test func eachThresholdOnceAndInOrder() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.charge(5_000)
        #expect(try bench.signals() == [], "no budget, no signal")
        try bench.set(Budget(daily: 1_000_000))
        #expect(try bench.standing() == "2026-11-20 5000 0 5000 0")
        let steps: [(Int64, [String])] = [
            (494_000, []), (1_000, ["crossed daily 50"]), (299_000, []), (1_000, ["crossed daily 80"]),
            (150_000, ["crossed daily 95"]), (49_000, []), (1_000, ["crossed daily 100"]), (900_000, []),
        ]
        for (nanos, expected) in steps {
            try bench.charge(nanos)
            #expect(try bench.signals() == expected, "\(nanos)")
        }
        #expect(try bench.standing() == "2026-11-20 1900000 100 1900000 0")
    }

    @Test func severalThresholdsInOneJumpAreSignalledUpwardsWithTheSameFigure() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.set(Budget(daily: 1_000_000, version: 9))
        try bench.charge(970_000)
        let columns = "kind, budget, threshold_percent, day, budget_nanos, spent_nanos, budget_version, advertiser_id"
        #expect(
            try bench.signals(columns) == [50, 80, 95].map { "crossed daily \($0) 2026-11-20 1000000 970000 9 7" })
        try bench.charge(5_000_000)
        #expect(try bench.signals() == ["crossed daily 100"])
    }

    @Test func aThresholdIsCrossedByTheVeryNanoThatReachesIt() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        // 50 % are 1,500.5 nanos, 80 % 2,400.8, 95 % 2,850.95.
        try bench.set(Budget(daily: 3_001))
        let steps: [(nanos: Int64, signals: [String], left: String)] = [
            (1_500, [], "1"), (1, ["crossed daily 50"], "900"), (899, [], "1"), (1, ["crossed daily 80"], "450"),
            (449, [], "1"), (1, ["crossed daily 95"], "150"), (149, [], "1"), (1, ["crossed daily 100"], "-"),
            (-1, ["fell_below daily 100"], "1"),
            (
                -3_000,
                [
                    "fell_below daily 95", "fell_below daily 80",
                    "fell_below daily 50",
                ], "1501"
            ), (-10, [], "1511"),
        ]
        for step in steps {
            try bench.adjust(step.nanos)
            #expect(try bench.signals() == step.signals, "\(step)")
            #expect(try bench.headroom() == step.left, "\(step)")
        }
    }

    @Test func aCreditFallsBackAndTheThresholdsAreCrossedAgain() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.set(Budget(daily: 1_000_000))
        try bench.charge(1_000_000)
        #expect(try bench.signals().count == 4)
        try bench.adjust(-150_000)
        #expect(try bench.signals() == ["fell_below daily 100", "fell_below daily 95"])
        try bench.adjust(-850_000)
        #expect(try bench.signals() == ["fell_below daily 80", "fell_below daily 50"])
        // A credit of another day, or of another campaign, changes nothing.
        try bench.adjust(-1, at: BudgetBench.noon - BudgetBench.day)
        try bench.adjust(-1, campaign: 71)
        #expect(try bench.signals() == [])
        try bench.charge(500_000)
        #expect(try bench.signals() == ["crossed daily 50"])
    }

    @Test func aChangedBudgetIsJudgedAtOnceByItsOwnVersion() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.set(Budget(daily: 1_000_000, lifetime: 2_000_000))
        try bench.charge(960_000)
        #expect(try bench.signals() == [50, 80, 95].map { "crossed daily \($0)" })
        let columns = "kind, budget, threshold_percent, budget_nanos, budget_version"
        try bench.set(Budget(daily: 1_500_000, lifetime: 2_000_000, version: 2))
        #expect(
            try bench.signals(columns) == ["fell_below daily 95 1500000 2", "fell_below daily 80 1500000 2"])
        try bench.set(Budget(daily: 900_000, lifetime: 1_000_000, version: 3))
        #expect(
            try bench.signals(columns) == [
                "crossed daily 80 900000 3", "crossed daily 95 900000 3", "crossed daily 100 900000 3",
                "crossed lifetime 50 1000000 3", "crossed lifetime 80 1000000 3", "crossed lifetime 95 1000000 3",
            ])
        // No daily budget any more; the lifetime's goes on.
        try bench.set(Budget(daily: 0, lifetime: 1_000_000, version: 4))
        #expect(try bench.signals() == [100, 95, 80, 50].map { "fell_below daily \($0)" })
        try bench.charge(40_000)
        #expect(try bench.signals() == ["crossed lifetime 100"])
    }

    @Test func anOlderVersionIsIgnoredAndCountedAndTheSameAgainChangesNothing() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        #expect(try bench.set(Budget(daily: 1_000_000, version: 5)) == 0)
        try bench.charge(500_000)
        #expect(try bench.signals() == ["crossed daily 50"])
        #expect(try bench.set(Budget(daily: 10, version: 4)) == 1)
        #expect(try bench.set(Budget(daily: 1_000_000, version: 5)) == 0)
        #expect(
            try bench.set(Budget(daily: 9, version: 4), Budget(daily: 600_000, version: 6), Budget(version: 5)) == 2)
        #expect(try bench.signals() == ["crossed daily 80"])
        let stored = try bench.fixture.lines(
            "SELECT daily_nanos, version, stale_versions FROM \"spend\".campaign_budget")
        #expect(stored == ["600000 6 3"])
    }

    @Test func aRemovalEndsTheSignals() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.set(Budget(daily: 1_000_000, version: 5))
        try bench.charge(500_000)
        #expect(try bench.signals() == ["crossed daily 50"])
        try bench.set(Budget(isRemoval: true))
        try bench.charge(500_000)
        try bench.startDays(BudgetBench.noon + BudgetBench.day)
        #expect(try bench.signals() == [])
        #expect(try bench.standing() == nil)
        #expect(try bench.fixture.number("SELECT count(*) FROM \"spend\".budget_day_by_partition") == 0)
        // Whatever version comes then is the first; what was spent meanwhile is known.
        try bench.set(Budget(daily: 2_000_000, version: 1), asOf: BudgetBench.noon)
        #expect(try bench.standing() == "2026-11-20 1000000 50 1000000 0")
        #expect(try bench.signals() == ["crossed daily 50"])
        // Removed and set in one statement, in that order.
        try bench.set(Budget(isRemoval: true), Budget(daily: 1_000_000, version: 0))
        #expect(try bench.signals() == [50, 80, 95, 100].map { "crossed daily \($0)" })
    }

    @Test func aSecondCurrencyDoesNotUseUpABudget() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.set(Budget(daily: 1_000_000, lifetime: 1_000_000))
        try bench.charge(990_000, currency: "USD")
        try bench.adjust(990_000, currency: "USD")
        #expect(try bench.signals() == [])
        try bench.charge(600_000)
        #expect(try bench.signals() == ["crossed daily 50", "crossed lifetime 50"])
        #expect(
            try bench.fixture.lines("SELECT currency, first_currency, spend_nanos FROM \"spend\".second_currency").count
                == 1)
        // The budget changes its currency: what was spent in that one counts, and nothing else.
        try bench.set(Budget(currency: "USD", daily: 4_000_000, lifetime: 4_000_000, version: 2))
        #expect(try bench.standing() == "2026-11-20 1980000 0 1980000 0")
        #expect(try bench.signals() == ["fell_below daily 50", "fell_below lifetime 50"])
        #expect(
            try bench.fixture.lines(
                "SELECT currency FROM \"spend\".signal WHERE kind = 'fell_below'") == ["USD", "USD"])
    }

    @Test func spendBeyondSixtyFourBitsIsCountedExactly() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        try bench.set(Budget(daily: .max, lifetime: .max))
        // The highest price, 10^15 nanos, 9,300 times: 9.3 * 10^18 do not fit 64 bits.
        let dearest = click(1_000_000_000_000_000, at: BudgetBench.noon)
        for _ in 0..<3 {
            try bench.partition().commit(Array(repeating: dearest, count: 3_100))
        }
        #expect(
            try bench.signals("budget, threshold_percent, spent_nanos") == [
                "daily 50 6200000000000000000", "lifetime 50 6200000000000000000",
                "daily 80 9300000000000000000", "daily 95 9300000000000000000", "daily 100 9300000000000000000",
                "lifetime 80 9300000000000000000", "lifetime 95 9300000000000000000",
                "lifetime 100 9300000000000000000",
            ])
        #expect(try bench.headroom() == "-")
    }
}
