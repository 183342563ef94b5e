import Reconciliation
import Streams
import TestKit
import Testing

/// Everything besides the rows of events: dead letters, counters, progress, adjustments, views, budgets, signals.
@Suite(.timeLimit(.minutes(10)))
struct OtherCheckTests {
    private static let hour = ReconciliationBench.hour

    private func bench() async throws -> ReconciliationBench {
        let bench = try await ReconciliationBench()
        bench.click(100)
        bench.events.append([0xFF])
        bench.events.append([], to: 1)
        bench.adjust(-50, id: 1)
        bench.adjust(-50, id: 1)
        bench.adjust(70, id: 2, at: Self.hour + 3_600_000)
        try bench.apply()
        return bench
    }

    @Test(arguments: [
        ("DELETE FROM \"sluice\".dead_letter WHERE partition = 0", "1: undecodable/-"),
        ("UPDATE \"sluice\".dead_letter SET reason = 'price' WHERE partition = 1", "0: empty_payload/price"),
        (
            "INSERT INTO \"sluice\".dead_letter SELECT job, topic, partition, 0, reason FROM \"sluice\".dead_letter WHERE partition = 0",
            "0: -/undecodable"
        ),
        (
            """
            INSERT INTO "sluice".dead_letter (job, topic, partition, record_offset, reason, at)
            SELECT job, topic, partition, record_offset, reason, at + interval '1 second' FROM "sluice".dead_letter WHERE partition = 1
            """, "0: empty_payload/empty_payload, empty_payload, 2 copies"
        ),
    ])
    func aDeadLetter(change: String, found: String) async throws {
        let bench = try await bench()
        #expect(try bench.reconcile().mismatches == [])
        try bench.run(change)
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == ["dead_letters"] && outcome.result.differenceCount == 1)
        let difference = try #require(outcome.differences.first)
        #expect(difference.class == .deadLetter && difference.events.count == 1)
        let column = difference.columns[0]
        #expect("\(difference.events[0].offset): \(column.expected ?? "-")/\(column.actual ?? "-")" == found)
    }

    @Test(arguments: [
        "records", "duplicates", "late_events", "invalid_events", "dead_letters", "skipped_offsets", "stream_time_ms",
    ])
    func aCounter(column: String) async throws {
        let bench = try await bench()
        try bench.run(
            "UPDATE \"sluice\".progress SET \(column) = \(column) + 1 WHERE topic = 'ad-events' AND partition = 0")
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == ["counters"])
        #expect(outcome.differences.map(\.class) == [.progress])
        #expect(outcome.differences.first?.columns.map(\.name) == [column])
    }

    @Test(
        arguments: [
            // Start and end of partition 0, of which two offsets are applied; whether partition 1 is there.
            (0, 2, true, []), (0, 9, true, []), (2, 9, true, []), (3, 9, true, ["0 at least 3/2"]),
            (0, 1, true, ["0 at most 1/2"]), (0, 2, false, ["1 -/1"]),
        ] as [(Int64, Int64, Bool, [String])])
    func progressAgainstTheLog(start: Int64, end: Int64, hasOther: Bool, found: [String]) async throws {
        let bench = try await bench()
        let snapshot = try ResultSnapshot(bench.connection, names: bench.names, job: "job")
        defer { snapshot.close() }
        var bounds = [Partition(0): LogBounds(start: Offset(start), end: Offset(end))]
        if hasOther { bounds[Partition(1)] = LogBounds(start: Offset(0), end: Offset(1)) }
        // What nobody has applied yet is behind, and no difference.
        bounds[Partition(2)] = LogBounds(start: Offset(0), end: Offset(4))
        let (check, differences) = ProgressComparison.compare(snapshot.cut, with: bounds)
        let lines = differences.map {
            "\($0.key[1].value) \($0.columns[0].expected ?? "-")/\($0.columns[0].actual ?? "-")"
        }
        #expect(lines == found && check.status == (found.isEmpty ? .match : .mismatch))
        #expect(check.note?.contains("not applied yet") == true)
    }

    /// Recounts that cannot reach the cut are refused; the comparison takes the check over.
    @Test func progressIsAmongTheChecks() async throws {
        let bench = try await bench()
        bench.events.log.starts[2] = 3
        bench.events.log.entries[2] = []
        #expect(try bench.reconcile().check("progress")?.compared == 3)
        bench.events.log.starts[0] = 3
        #expect(throws: (any Error).self) { try bench.reconcile() }
    }

    @Test func anAdjustmentThatTheLedgerLacks() async throws {
        let bench = try await bench()
        try bench.run("DELETE FROM \"spend\".adjustment WHERE amount_nanos = 70")
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == ["adjustments"])
        #expect(outcome.differences.map(\.class) == [.adjustmentMissing])
        #expect(outcome.differences.first?.events == [.init(topic: "spend-adjustments", partition: 0, offset: 2)])
        #expect(outcome.differences.first?.nanos == "-70")
        // Gone from the levels as well.
        for table in ["hour", "day", "lifetime", "ad_hour"] {
            try bench.run(
                "UPDATE \"spend\".\(table)_by_partition SET adjustments = adjustments - 1, adjustment_nanos = adjustment_nanos - 70 WHERE source = 'a' AND adjustment_nanos >= 20"
            )
        }
        let again = try bench.reconcile()
        #expect(again.mismatches == ["adjustments", "adjustment_levels"])
        #expect(again.check("adjustment_levels")?.differing == 4)
        #expect(again.differences.allSatisfy { $0.class == .adjustmentMissing })
    }

    @Test(arguments: [
        ("UPDATE \"spend\".adjustment SET amount_nanos = 71 WHERE amount_nanos = 70", "adjustments", "amount_nanos"),
        ("UPDATE \"spend\".adjustment SET reason = 'other' WHERE amount_nanos = 70", "adjustments", "reason"),
        ("UPDATE \"spend\".adjustment SET repeats = 0 WHERE repeats = 1", "adjustments", "repeats"),
        ("UPDATE \"spend\".adjustment SET conflicts = 1 WHERE repeats = 1", "adjustments", "conflicts"),
        (
            "UPDATE \"spend\".lifetime_by_partition SET adjustment_nanos = adjustment_nanos + 1 WHERE source = 'a'",
            "adjustment_levels", "adjustments"
        ),
        (
            "UPDATE \"spend\".hour_by_partition SET adjustments = 1, adjustment_nanos = 1 WHERE source = 'e'",
            "adjustment_levels", ""
        ),
        (
            """
            INSERT INTO "spend".adjustment VALUES ('\\x00000000000000000000000000000009', now(), 7, 70, 0, 0, 5, 'EUR', 'r', '', 0)
            """, "adjustments", "event_time_ms"
        ),
    ])
    func anAdjustmentThatIsAnother(change: String, check: String, column: String) async throws {
        let bench = try await bench()
        try bench.run(change)
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == [check] && outcome.result.differenceCount == 1)
        #expect(outcome.differences.first?.columns.first?.name ?? "" == column)
    }

    @Test func withoutTheirLogAdjustmentsAreNotChecked() async throws {
        let outcome = try await bench().reconcile(withoutLedger: true)
        #expect(outcome.skipped == ["adjustments", "adjustment_levels"] && outcome.result.verdict == .match)
    }

    @Test func aViewThatShowsSomethingElse() async throws {
        let bench = try await bench()
        let columns = try bench.lines("SELECT pg_get_viewdef('\"spend\".placement_hour'::regclass)")[0]
        let changed = columns.replacing(
            "sum(placement_hour_by_partition.clicks)", with: "(2 * sum(placement_hour_by_partition.clicks))")
        #expect(changed != columns)
        try bench.run("CREATE OR REPLACE VIEW \"spend\".placement_hour AS \(changed)")
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == ["views"])
        #expect(outcome.differences.first?.columns == [.init("clicks", expected: "1", actual: "2")])
    }

    // MARK: Budgets

    private func budgets() async throws -> ReconciliationBench {
        let bench = try await ReconciliationBench()
        bench.click(500, at: Self.hour)
        try bench.apply()
        try bench.run(
            """
            SELECT "spend".set_budgets(ARRAY[0, 0], ARRAY[1::int8, 2], ARRAY[70::int8, 71], ARRAY[7::int8, 7],
                ARRAY['EUR', 'EUR'], ARRAY[1000000::int8, 0], ARRAY[0::int8, 9000000], ARRAY['Asia/Kolkata', 'UTC'],
                ARRAY[NULL, NULL]::timestamptz[], ARRAY[NULL, NULL]::timestamptz[], ARRAY[1::int8, 1], ARRAY[false, false],
                '2026-01-15 09:00+00')
            """)
        // A second of the database's clock lies between the budget and the signals that follow.
        try bench.run("UPDATE \"spend\".campaign_budget SET received_at = received_at - interval '1 hour'")
        bench.click(450, at: Self.hour + 60_000)
        bench.click(8_000, at: Self.hour + 120_000, campaign: 71)
        bench.adjust(-30_000, id: 1, at: Self.hour + 120_000)
        try bench.apply()
        return bench
    }

    @Test func budgetsMatch() async throws {
        let outcome = try await budgets().reconcile()
        #expect(outcome.mismatches == [] && outcome.skipped == [])
        #expect((outcome.check("budgets")?.compared ?? 0) >= 4 && (outcome.check("signals")?.compared ?? 0) > 4)
    }

    @Test(arguments: [
        ("UPDATE \"spend\".budget_state SET daily_level = 50 WHERE campaign_id = 70", ["budgets", "signals"]),
        ("UPDATE \"spend\".budget_state SET lifetime_level = 100 WHERE campaign_id = 71", ["budgets", "signals"]),
        (
            "UPDATE \"spend\".budget_day_by_partition SET spend_nanos = spend_nanos + 1 WHERE campaign_id = 70 AND source = 'e'",
            ["budgets"]
        ),
        ("DELETE FROM \"spend\".budget_day_by_partition WHERE campaign_id = 70 AND source = 'a'", ["budgets"]),
        ("DELETE FROM \"spend\".budget_signal WHERE sequence = 1", ["signals"]),
        ("UPDATE \"sluice\".outbox_lane SET last_sequence = last_sequence + 1", ["signals"]),
        ("UPDATE \"sluice\".outbox_lane SET last_sequence = last_sequence - 1", ["signals"]),
        (
            "UPDATE \"spend\".budget_signal SET kind = 'fell_below' WHERE campaign_id = 71 AND sequence = (SELECT max(sequence) FROM \"spend\".budget_signal WHERE campaign_id = 71)",
            ["signals"]
        ),
    ])
    func aBudgetThatIsAnother(change: String, checks: [String]) async throws {
        let bench = try await budgets()
        try bench.run(change)
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == checks)
        #expect(outcome.differences.allSatisfy { $0.class == .budgetSignal })
    }

    @Test func sequencesThatSomebodyGaveUpAreNoHole() async throws {
        let bench = try await budgets()
        let last = try bench.number("SELECT last_sequence FROM \"sluice\".outbox_lane")
        try bench.run("SELECT \"sluice\".outbox_skip_to('budget-signals', 0, \(last + 3), 'a failover')")
        #expect(try bench.reconcile().mismatches == [])
    }
}
