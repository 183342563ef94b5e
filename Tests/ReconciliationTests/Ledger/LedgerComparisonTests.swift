import Testing

@testable import Reconciliation

struct LedgerComparisonTests {
    static let days = LedgerFileTests.january

    static func entry(_ day: String, _ campaign: Int64, _ amount: String, _ currency: String = "EUR") -> LedgerEntry {
        LedgerFileTests.entry(day, campaign, currency, Nanos(units: amount)!.value)
    }

    static func compare(
        _ ours: [LedgerEntry], _ theirs: [LedgerEntry], tolerance: String = "0", limit: Int = 100
    ) throws -> LedgerComparison {
        try LedgerComparison(
            ours: LedgerEntries(ours), theirs: LedgerEntries(theirs), source: "file billing.csv", days: days,
            tolerance: try #require(LedgerTolerance(tolerance)), limit: limit)
    }

    @Test func whatIsTheSameAgrees() throws {
        let entries = [
            Self.entry("2026-01-02", 1, "5.00"), Self.entry("2026-01-01", 2, "-1"),
            Self.entry("2026-01-02", 1, "7", "USD"),
        ]
        let comparison = try Self.compare(entries, entries.reversed())
        #expect(comparison.result.compared == 3 && comparison.result.within == 3 && comparison.differences.isEmpty)
        #expect(comparison.checkResult.status == .match)
        #expect(try Self.compare([], []).result.compared == 0)
    }

    @Test func differencesAreNamed() throws {
        let comparison = try Self.compare(
            [Self.entry("2026-01-01", 1, "10"), Self.entry("2026-01-02", 2, "5"), Self.entry("2026-01-03", 3, "1")],
            [
                Self.entry("2026-01-01", 1, "10.02"), Self.entry("2026-01-03", 3, "1"),
                Self.entry("2026-01-03", 4, "2", "USD"),
            ],
            tolerance: "0.01")
        let result = comparison.result
        #expect(
            [result.compared, result.within, result.differing, result.missingThere, result.missingHere] == [
                4, 1, 1, 1, 1,
            ])
        #expect(comparison.differenceCount == 3 && comparison.checkResult.differing == 3)
        #expect(
            comparison.checkResult.status == .mismatch && result.toleranceNanos == "10000000"
                && result.tolerancePercent == "0")
        let differences = comparison.differences
        #expect(differences.map(\.nanos) == ["-5000000000", "2000000000", "20000000"])
        #expect(differences.map(\.number) == [1, 2, 3] && differences.allSatisfy { $0.class == .externalLedger })
        #expect(
            differences[2].key == [
                .init("day", "2026-01-01"), .init("advertiser_id", "7"), .init("campaign_id", "1"),
                .init("currency", "EUR"),
            ])
        #expect(differences[0].columns == [.init("amount_nanos", expected: "5000000000", actual: nil)])
        #expect(
            differences.map(\.explanation) == [
                "The ledger has no such day; the results have 5.00 EUR. Tolerated are 0.01 EUR or 0 %.",
                "The ledger has 2.00 USD; the results have no such day. Tolerated are 0.01 USD or 0 %.",
                "The ledger has 10.02 EUR where the results have 10.00 EUR: it is off by 0.02 EUR, too much. Tolerated are 0.01 "
                    + "EUR or 0 %.",
            ])
    }

    @Test func aMissingDayCountsAsNothing() throws {
        let comparison = try Self.compare(
            [Self.entry("2026-01-01", 1, "0")], [Self.entry("2026-01-02", 1, "0.01")], tolerance: "0.01")
        #expect(comparison.result.within == 2)
    }

    @Test func otherDaysAreLeftOut() throws {
        let comparison = try Self.compare(
            [Self.entry("2025-12-31", 1, "1"), Self.entry("2026-01-31", 1, "1")],
            [Self.entry("2026-01-31", 1, "1"), Self.entry("2026-02-01", 1, "1")])
        #expect(comparison.result.compared == 1 && comparison.differenceCount == 0)
    }

    @Test func theLargestAreKept() throws {
        let ours = (1...500).map { Self.entry("2026-01-01", $0, String(($0 * 37) % 501)) }
        let comparison = try Self.compare(ours, [], limit: 3)
        #expect(comparison.differenceCount == 500)
        #expect(comparison.differences.map(\.nanos) == ["-500000000000", "-499000000000", "-498000000000"])
        #expect(try Self.compare(ours, [], limit: 0).differences.isEmpty)
    }

    @Test func sidesThatAreNotInOrderAreRefused() {
        final class Wild: LedgerReader {
            var entries = [
                LedgerComparisonTests.entry("2026-01-02", 1, "1"), LedgerComparisonTests.entry("2026-01-01", 1, "1"),
            ]
            func next() -> LedgerEntry? { entries.isEmpty ? nil : entries.removeFirst() }
        }
        #expect(
            throws: LedgerError(
                source: "results",
                "The days are not in order, or one comes twice: advertiser 7, campaign 1, day 2026-01-01, currency EUR."
            )
        ) {
            try LedgerComparison(
                ours: Wild(), theirs: LedgerEntries([]), source: "x", days: Self.days, tolerance: .zero)
        }
        #expect(throws: LedgerError.self) {
            try Self.compare([Self.entry("2026-01-02", 1, "1"), Self.entry("2026-01-02", 1, "2")], [])
        }
    }

    // MARK: Tolerances

    @Test(arguments: [
        ("0", "100", "100", true), ("0", "100", "100.000000001", false), ("0.01", "100", "100.01", true),
        ("0.01", "100", "99.99", true), ("0.01", "100", "100.010000001", false), ("0.1%", "100", "100.1", true),
        ("0.1%", "100", "100.100000001", false), ("0.1%", "-100", "-99.9", true),
        ("0.1%", "-100", "-99.899999999", false),
        // Of our amount, not of theirs.
        ("1%", "100", "101", true), ("1%", "101", "99.98", false), ("100%", "0", "0.000000001", false),
        // Whichever allows more.
        ("0.01,0.1%", "1", "1.01", true), ("0.01,0.1%", "1000", "1001", true),
        ("0.1%,0.01", "1000", "1001.000000001", false),
        ("0.000001%", "100", "100.000001", true), ("0.000001%", "100", "100.000001001", false),
        ("100%", "9999999999999999999999999999", "-1", false),
        ("100%", "9999999999999999999999999999", "0", true),
        ("0.1%", "9999999999999999999999999999", "9989999999999999999999999999", false),
    ])
    func edges(tolerance: String, ours: String, theirs: String, allowed: Bool) throws {
        let tolerance = try #require(LedgerTolerance(tolerance))
        #expect(tolerance.allows(ours: Nanos(units: ours)!.value, theirs: Nanos(units: theirs)!.value) == allowed)
    }

    @Test func tolerancesAreReadAndWritten() {
        #expect(LedgerTolerance("0.01")?.nanos == 10_000_000 && LedgerTolerance("0.1%")?.percent == "0.1")
        #expect(LedgerTolerance("5,12.5%")?.percent == "12.5" && LedgerTolerance("5,100%")?.percent == "100")
        #expect(LedgerTolerance("0") == .zero && LedgerTolerance.zero.percent == "0")
        for text in ["", "-1", "x", "0.1 %", "%", "0.0000001%", "101%", "1,2", "1%,2%", "1,", "1,,2%", "0.0000000001"] {
            #expect(LedgerTolerance(text) == nil, "\(text)")
        }
        #expect(!LedgerTolerance.zero.allows(ours: .max, theirs: .min))
    }

    @Test func daysAreWholeInEveryZone() {
        let day: Int64 = 86_400_000
        let first = Int64(Self.days.lowerBound) * day
        let end = Int64(Self.days.upperBound) * day
        #expect(LedgerComparison.wholeDays(in: first..<end, zones: 0...0) == Self.days)
        #expect(LedgerComparison.wholeDays(in: first + 1..<end - 1, zones: 0...0) == Self.days.dropFirst().dropLast())
        #expect(LedgerComparison.wholeDays(in: first..<end) == Self.days.dropFirst().dropLast())
        // The first day begins 14 hours earlier in Kiritimati, the last one ends 12 hours later on Baker Island.
        let (east, west) = (first - 50_400_000, end + 43_200_000)
        #expect(LedgerComparison.wholeDays(in: east..<west) == Self.days)
        #expect(LedgerComparison.wholeDays(in: east + 1..<west) == Self.days.dropFirst())
        #expect(LedgerComparison.wholeDays(in: east..<west - 1) == Self.days.dropLast())
        #expect(LedgerComparison.wholeDays(in: first..<first + 1).isEmpty)
        #expect(LedgerComparison.wholeDays(in: .min ..< .max).contains(0))
    }
}
