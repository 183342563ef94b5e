import Connectors
import Postgres
import Streams
import Testing

@testable import Reconciliation

/// Ranges, retention, zones, and what stands in the way of a comparison.
@Suite(.timeLimit(.minutes(10)))
struct ComparisonRangeTests {
    private static let hour = ReconciliationBench.hour
    private static let day: Int64 = 86_400_000

    @Test func aRangeLooksAtNothingElse() async throws {
        let bench = try await ReconciliationBench()
        for step in 0..<10 { bench.click(100, at: Self.hour + Int64(step) * 1_800_000) }
        try bench.apply()
        let damaged =
            "UPDATE \"spend\".minute_by_partition SET clicks = clicks + 1 WHERE minute >= '2026-01-15 10:00+00'"
        try bench.tamper(damaged)
        let before = try bench.reconcile(from: Self.hour, to: Self.hour + 7_200_000)
        #expect(before.mismatches == [] && before.check("minute")?.compared == 4 && before.check("hour")?.compared == 2)
        #expect(before.skipped == ["lifetime", "adjustments", "adjustment_levels", "budgets"])
        let behind = try bench.reconcile(from: Self.hour + 7_200_000, to: Self.hour + 10_800_000)
        #expect(behind.mismatches == ["minute", "views"] || behind.mismatches == ["minute"])
        #expect(behind.check("minute")?.differing == 2)
    }

    /// Days of a range are those that lie wholly in it, in each advertiser's zone.
    @Test func daysOfARange() async throws {
        let bench = try await ReconciliationBench()
        try bench.run("SELECT \"spend\".set_zone(8, 'America/Los_Angeles', '2020-01-01')")
        for step in 0..<24 {
            let time = Self.hour + Int64(step) * 3 * 3_600_000
            bench.click(100, at: time)
            bench.click(100, at: time, campaign: 90, advertiser: 8)
        }
        try bench.apply()
        let start = Self.hour - 8 * 3_600_000
        let outcome = try bench.reconcile(from: start, to: start + 3 * Self.day)
        #expect(outcome.mismatches == [])
        // Three days of UTC; two of Los Angeles, whose days begin eight hours later.
        #expect(outcome.check("day")?.compared == 5)
        try bench.tamper("UPDATE \"spend\".day_by_partition SET clicks = clicks + 1")
        #expect(try bench.reconcile(from: start, to: start + 3 * Self.day).check("day")?.differing == 5)
    }

    /// Every day of a year with all that zones do: 23 and 25 hours, a change of zone, half hours.
    @Test func daysOfZones() async throws {
        let bench = try await ReconciliationBench()
        try bench.run(
            """
            SELECT "spend".set_zone(8, 'Europe/Berlin', '2020-01-01');
            SELECT "spend".set_zone(9, 'Asia/Kolkata', '2026-03-10');
            SELECT "spend".set_zone(9, 'Pacific/Honolulu', '2026-08-01');
            SELECT "spend".set_zone(10, 'America/Havana', '2020-01-01')
            """)
        for step in 0..<1_200 {
            let time = Self.hour + Int64(step) * 7 * 3_600_000 + Int64(step % 60) * 60_000
            bench.click(100, at: time, campaign: Int64(step % 4), advertiser: 7 + Int64(step % 4))
        }
        try bench.apply()
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == [] && (outcome.check("day")?.compared ?? 0) > 500)
        try bench.tamper(
            "UPDATE \"spend\".day_by_partition SET day = day + 1 WHERE advertiser_id = 9 AND day = (SELECT max(day) FROM \"spend\".day_by_partition WHERE advertiser_id = 9)"
        )
        #expect(try bench.reconcile().mismatches == ["day"])
    }

    @Test func minutesThatAreNotKept() async throws {
        let bench = try await ReconciliationBench()
        bench.click(100)
        bench.click(200, at: Self.hour + 10 * Self.day)
        try bench.apply()
        try bench.run("SELECT * FROM \"spend\".drop_minutes('2026-01-20 00:00+00')")
        // An event for a minute that was dropped is in the levels above.
        bench.click(300)
        try bench.apply()
        let outcome = try bench.reconcile()
        #expect(
            outcome.mismatches == [] && outcome.check("minute")?.compared == 1 && outcome.check("hour")?.compared == 2)
        #expect(outcome.check("minute")?.note?.contains("2026-01-20T00:00:00Z") == true)
        try bench.run(
            "UPDATE \"spend\".hour_by_partition SET clicks = clicks - 1, spend_nanos = spend_nanos - 300000 WHERE hour = '2026-01-15 08:00+00'"
        )
        let damaged = try bench.reconcile()
        #expect(damaged.mismatches == ["hour"] && damaged.differences.first?.class == .missingEvent)
        #expect(damaged.differences.first?.events.map(\.offset) == [2])
    }

    @Test func aDuplicateBeyondTheHorizonIsAFinding() async throws {
        let bench = try await ReconciliationBench()
        let first = bench.click(200, id: 9)
        bench.click(100, at: Self.hour + 3_600_000)
        let again = bench.click(200, id: 9)
        bench.click(200, id: 9, partition: 1)
        try bench.apply()
        let outcome = try bench.reconcile()
        #expect(outcome.result.verdict == .match)
        #expect(outcome.report.findings.map(\.class) == [.duplicateBeyondHorizon, .duplicateAcrossPartitions])
        #expect(outcome.report.findings.first?.events.map(\.offset) == [first, again])
        #expect(outcome.report.findings.first?.nanos == [.init("EUR", "200000")])
    }

    // MARK: What stands in the way

    @Test func aJobThatIsNotThere() async throws {
        let bench = try await ReconciliationBench()
        bench.click()
        try bench.apply()
        let error = #expect(throws: ComparisonError.self) {
            try ResultSnapshot(bench.connection, names: bench.names, job: "other")
        }
        #expect(error?.description.contains("'other'") == true && error?.hint?.contains("'job'") == true)
        // The connection can be used again.
        #expect(bench.connection.transactionState == .idle)
    }

    @Test func aDatabaseOfAnotherVersion() async throws {
        let bench = try await ReconciliationBench()
        let error = #expect(throws: ComparisonError.self) {
            try ResultSnapshot(bench.connection, names: try DatabaseNames(prefix: "nobody_"), job: "job")
        }
        #expect(error?.hint?.contains("migrate") == true)
    }

    @Test func aRecountOfOtherRecords() async throws {
        let bench = try await ReconciliationBench()
        bench.click()
        try bench.apply()
        let snapshot = try ResultSnapshot(bench.connection, names: bench.names, job: "job")
        defer { snapshot.close() }
        bench.click()
        let recount = try Recount(temporaryIn: "/tmp", settings: RecountSettings())
        try recount.advance(Partition(0), in: bench.events.log, to: Offset(2))
        let error = #expect(throws: ComparisonError.self) { try Comparison(snapshot: snapshot, recount: recount) }
        #expect(error?.message.contains("applied up to offset 1, and was recounted up to offset 2") == true)
    }

    /// A recount that begins later than the job says nothing about everything, and something about a range.
    @Test func aRecountThatBeginsLate() async throws {
        let bench = try await ReconciliationBench()
        for step in 0..<20 { bench.click(100, at: Self.hour + Int64(step) * 600_000) }
        try bench.apply()
        let snapshot = try ResultSnapshot(bench.connection, names: bench.names, job: "job")
        defer { snapshot.close() }
        let recount = try Recount(temporaryIn: "/tmp", settings: RecountSettings())
        try recount.advance(Partition(0), in: bench.events.log, to: Offset(20), startingAt: Offset(6))
        var options = ComparisonOptions()
        let everything = try Comparison(snapshot: snapshot, recount: recount, options: options).run()
        #expect(everything.checks.first { $0.name == "minute" }?.status == .notChecked)
        #expect(everything.checks.first { $0.name == "counters" }?.status == .notChecked)
        options.fromMilliseconds = Self.hour + 3_600_000
        let range = try Comparison(snapshot: snapshot, recount: recount, options: options).run()
        #expect(range.checks.first { $0.name == "minute" }?.status == .match)
        #expect(range.checks.first { $0.name == "minute" }?.compared == 14)
        #expect(range.assumptions.contains { $0.contains("does not begin where the job began") })
        // What the recount lacks would differ.
        options.fromMilliseconds = Self.hour + 3_000_000
        #expect(try Comparison(snapshot: snapshot, recount: recount, options: options).run().verdict == .mismatch)
    }

    @Test func anEmptyRange() async throws {
        let bench = try await ReconciliationBench()
        bench.click()
        try bench.apply()
        #expect(throws: ComparisonError.self) { try bench.reconcile(from: 2_000, to: 2_000) }
    }
}
