import Connectors
import Foundation
import Postgres
import Streams
import TestKit
import Testing

@testable import Reconciliation

/// What differs is made what the log says, once, in the open, while events go on coming.
@Suite(.timeLimit(.minutes(10)))
struct RepairTests {
    private static let hour = ReconciliationBench.hour

    /// Rows changed, removed and put in at every level.
    private static let damage = """
        UPDATE "spend".minute_by_partition SET clicks = clicks + 2, spend_nanos = spend_nanos - 9 WHERE campaign_id = 70;
        DELETE FROM "spend".minute_by_partition WHERE campaign_id = 90 AND minute < '2026-01-15 09:00+00';
        DELETE FROM "spend".day_by_partition WHERE campaign_id = 90 AND source = 'e';
        UPDATE "spend".hour_by_partition SET impressions = 7 WHERE campaign_id = 71 AND source = 'e';
        UPDATE "spend".lifetime_by_partition SET spend_nanos = spend_nanos + 5 WHERE source = 'e';
        DELETE FROM "spend".ad_hour_by_partition WHERE ad_id = 2 AND source = 'e';
        DELETE FROM "spend".country_hour_by_partition WHERE country = '';
        INSERT INTO "spend".placement_hour_by_partition (hour, campaign_id, advertiser_id, currency, placement, source,
            source_partition, clicks) VALUES ('2026-01-15 08:00+00', 1, 2, 'EUR', -3, 'e', 0, 4);
        INSERT INTO "spend".minute_by_partition (minute, campaign_id, advertiser_id, currency, source_partition, impressions,
            clicks, conversions, video_views, invalid_events, spend_nanos, late_events)
        SELECT minute, 1234, advertiser_id, currency, source_partition, 1, 0, 0, 0, 0, 5, 0
        FROM "spend".minute_by_partition LIMIT 1;
        """

    private func damagedBench() async throws -> ReconciliationBench {
        let bench = try await ReconciliationBench()
        try bench.run("SELECT \"spend\".set_zone(8, 'Asia/Kolkata', '2020-01-01')")
        try bench.playAnOrdinaryDay()
        try bench.tamper(Self.damage)
        return bench
    }

    private func apply(
        _ plan: RepairPlan, _ bench: ReconciliationBench, reason: String = "rows were changed by hand"
    ) throws -> Repair.Outcome {
        try Repair.apply(plan, reason: reason, operator: "ops@host", on: bench.connection, names: bench.names)
    }

    @Test func afterARepairEverythingMatches() async throws {
        let bench = try await damagedBench()
        let before = try bench.lines(
            "SELECT * FROM \"spend\".day_by_partition WHERE campaign_id <> 90 ORDER BY 1, 2, 3, 4, 7, 8")
        let damaged = try bench.reconcile(makesPlan: true)
        #expect(
            damaged.mismatches == ["minute", "hour", "day", "lifetime", "ad_hour", "placement_hour", "country_hour"])
        let plan = try #require(damaged.plan)
        #expect(Int64(plan.rows.count) == damaged.result.differenceCount)
        let outcome = try apply(plan, bench)
        #expect(outcome == .applied(id: 1, rows: Int64(plan.rows.count), removed: 2))
        let after = try bench.reconcile()
        #expect(after.mismatches == [] && after.result.verdict == .match)
        #expect(try bench.lines("SELECT * FROM \"spend\".level_differences()") == [])
        // Rows that were right were left alone.
        #expect(
            try bench.lines(
                "SELECT * FROM \"spend\".day_by_partition WHERE campaign_id <> 90 ORDER BY 1, 2, 3, 4, 7, 8") == before)
        // A day that was removed is cut as before, in its zone.
        #expect(
            try bench.lines(
                "SELECT DISTINCT starts_at AT TIME ZONE 'UTC', ends_at AT TIME ZONE 'UTC' FROM \"spend\".day_by_partition WHERE campaign_id = 90 AND source = 'e' ORDER BY 1 LIMIT 1"
            )
                == ["2026-01-14 18:30:00 2026-01-15 18:30:00"])
        let audit = try bench.lines(
            "SELECT reason, operator, row_count, plan_hash, plan::text = '\(try plan.json())' FROM \"sluice\".reconciliation_repair"
        )
        #expect(audit == ["rows were changed by hand ops@host \(plan.rows.count) \(try plan.hash()) t"])
        // Whoever follows changes sees them; a row that is gone cannot be seen, so cursors of before are not accepted.
        #expect(
            try bench.number(
                "SELECT count(*) FROM \"spend\".minute_by_partition AS m JOIN \"sluice\".reconciliation_repair AS r ON m.changed_in = r.transaction_id AND m.corrections > 0"
            ) > 5)
        #expect(try bench.number("SELECT number FROM \"spend\".generation") == 2)
        #expect(
            try bench.number(
                "SELECT count(*) FROM \"spend\".level_change AS c JOIN \"sluice\".reconciliation_repair AS r ON c.changed_in = r.transaction_id"
            ) >= 6)
    }

    @Test func appliedTwiceItChangesNothing() async throws {
        let bench = try await damagedBench()
        let plan = try #require(try bench.reconcile(makesPlan: true).plan)
        _ = try apply(plan, bench)
        let before = try bench.lines("SELECT * FROM \"spend\".minute_by_partition ORDER BY 1, 2, 3, 4, 5")
        guard case .appliedBefore(_, let by) = try apply(plan, bench) else {
            Issue.record("the second time must say so")
            return
        }
        #expect(by == "ops@host")
        #expect(try bench.lines("SELECT * FROM \"spend\".minute_by_partition ORDER BY 1, 2, 3, 4, 5") == before)
        #expect(try bench.number("SELECT count(*) FROM \"sluice\".reconciliation_repair") == 1)
    }

    @Test func eventsThatCameMeanwhileStay() async throws {
        let bench = try await damagedBench()
        let plan = try #require(try bench.reconcile(makesPlan: true).plan)
        for step in 0..<10 {
            bench.click(600, at: Self.hour + Int64(step) * 60_000)
            bench.click(700, at: Self.hour + Int64(step) * 60_000, campaign: 90, advertiser: 8, partition: 1)
        }
        try bench.apply()
        _ = try apply(plan, bench)
        #expect(try bench.reconcile().mismatches == [])
    }

    /// A plan is applied between the checkpoints of a job that goes on.
    @Test func whileTheAggregatorWrites() async throws {
        let bench = try await damagedBench()
        let plan = try #require(try bench.reconcile(makesPlan: true).plan)
        struct Carried: @unchecked Sendable { let bench: ReconciliationBench }
        let carried = Carried(bench: bench)
        let (configuration, names) = (bench.configuration, bench.names)
        // The bench belongs to this thread alone until it has ended; the repair has a session of its own.
        let writing = Thread.run {
            for step in 0..<30 {
                carried.bench.click(600, at: Self.hour + Int64(step) * 30_000)
                carried.bench.click(1, at: Self.hour + Int64(step) * 30_000, campaign: 90, advertiser: 8, partition: 1)
                try carried.bench.apply()
            }
        }
        var patient = configuration
        patient.lockTimeoutMilliseconds = 60_000
        let session = try PostgresConnection(patient)
        defer { session.close() }
        let outcome = Result {
            try Repair.apply(plan, reason: "meanwhile", operator: "ops@host", on: session, names: names)
        }
        try writing.value()
        _ = try outcome.get()
        #expect(try bench.reconcile().mismatches == [])
    }

    @Test func budgetsAreJudgedAgain() async throws {
        let bench = try await ReconciliationBench()
        bench.click(900)
        try bench.apply()
        try bench.run(
            """
            SELECT "spend".set_budgets(ARRAY[0], ARRAY[1::int8], ARRAY[70::int8], ARRAY[7::int8], ARRAY['EUR'], ARRAY[1000000::int8],
                ARRAY[1000000::int8], ARRAY['UTC'], ARRAY[NULL]::timestamptz[], ARRAY[NULL]::timestamptz[], ARRAY[1::int8],
                ARRAY[false], '2026-01-15 09:00+00')
            """)
        try bench.tamper(
            """
            UPDATE "spend".lifetime_by_partition SET spend_nanos = 1;
            UPDATE "spend".hour_by_partition SET spend_nanos = 1;
            UPDATE "spend".minute_by_partition SET spend_nanos = 1;
            UPDATE "spend".budget_day_by_partition SET spend_nanos = 1;
            SELECT * FROM "spend".judge_budgets(ARRAY[70::int8])
            """)
        let damaged = try bench.reconcile(makesPlan: true)
        #expect(damaged.mismatches.contains("budgets"))
        _ = try apply(try #require(damaged.plan), bench)
        #expect(try bench.lines("SELECT daily_level, lifetime_level FROM \"spend\".budget_state") == ["80 80"])
        #expect(try bench.reconcile().mismatches == [])
    }

    // MARK: What is refused

    private func refusal(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing was refused"
        } catch { return "\(error)" }
    }

    @Test func aPlanOfOtherTimesIsRefused() async throws {
        let changes = [
            ("SELECT \"spend\".forget_partition(1)", "taken results back"),
            (
                """
                INSERT INTO "sluice".progress_change (job, topic, partition, version, kind, reason, operator, log_start, log_end,
                    before, after) VALUES ('job', 'ad-events', 0, 1, 'accept_gap', 'r', 'o', 0, 9, '{}', '{}')
                """, "moved progress"
            ),
            (
                """
                INSERT INTO "sluice".reconciliation_repair (plan_hash, job, topic, reason, operator, row_count, plan)
                VALUES ('other', 'job', 'ad-events', 'r', 'o', 0, '{}')
                """, "Another repair"
            ),
            (
                "UPDATE \"sluice\".progress SET next_offset = 3 WHERE topic = 'ad-events' AND partition = 0",
                "other or older results"
            ),
            (
                "UPDATE \"spend\".hour_by_partition SET impressions = 3 WHERE impressions = 7",
                "less than when the plan was made"
            ),
            (
                "DELETE FROM \"spend\".placement_hour_by_partition WHERE placement = -3",
                "less than when the plan was made"
            ),
        ]
        let bench = try await damagedBench()
        let plan = try #require(try bench.reconcile(makesPlan: true).plan)
        for (change, message) in changes {
            try bench.run("BEGIN; SET LOCAL sluice.levels = 'derived'; \(change)")
            // In the transaction of the change, which is undone with it.
            let refused = refusal {
                _ = try Repair.applyWithin(plan, reason: "r", operator: "o", on: bench.connection, names: bench.names)
            }
            #expect(refused.contains(message), "\(change): \(refused)")
            try bench.run("ROLLBACK")
        }
        // What was refused in one transaction is possible without the change.
        _ = try apply(plan, bench)
    }

    /// The last level is refused: nothing of the others stays.
    @Test func aRefusalChangesNothing() async throws {
        let bench = try await damagedBench()
        let plan = try #require(try bench.reconcile(makesPlan: true).plan)
        try bench.tamper("DELETE FROM \"spend\".placement_hour_by_partition WHERE placement = -3")
        let state = ["minute", "lifetime", "ad_hour"].map {
            "SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM \"spend\".\($0)_by_partition AS t"
        }
        let before = try state.flatMap { try bench.lines($0) }
        #expect(refusal { _ = try apply(plan, bench) }.contains("less than when the plan was made"))
        #expect(try state.flatMap { try bench.lines($0) } == before)
        #expect(try bench.number("SELECT count(*) FROM \"sluice\".reconciliation_repair") == 0)
    }

    @Test func withoutProofThereIsNoPlan() async throws {
        let bench = try await damagedBench()
        #expect(refusal { _ = try bench.reconcile(from: Self.hour, makesPlan: true) }.contains("without a range"))
        let removed = bench.events.log.entries[0]?.remove(at: 5)
        #expect(refusal { _ = try bench.reconcile(makesPlan: true) }.contains("not the whole log"))
        if let removed { bench.events.log.entries[0]?.insert(removed, at: 5) }
        try bench.run(
            """
            INSERT INTO "sluice".progress_change (job, topic, partition, version, kind, reason, operator, log_start, log_end,
                before, after) VALUES ('job', 'ad-events', 0, 1, 'forget_ids', 'r', 'o', 0, 9, '{}', '{}')
            """)
        #expect(refusal { _ = try bench.reconcile(makesPlan: true) }.contains("forget_ids"))
    }

    @Test func nothingToRepair() async throws {
        let bench = try await ReconciliationBench()
        bench.click()
        try bench.apply()
        #expect(refusal { _ = try bench.reconcile(makesPlan: true) }.contains("nothing to repair"))
        let maker = RepairPlan.Maker(limit: 1)
        let key = SpendRowKey(level: .minute, partition: 0, start: 0, campaign: 1, advertiser: 1, currency: 0x455552)
        try maker.add(RowDifference(key: key, expected: nil, actual: SpendCounts()))
        #expect(
            refusal { try maker.add(RowDifference(key: key, expected: nil, actual: SpendCounts())) }.contains(
                "More than 1 rows"))
    }

    @Test func reasonsAndSchemas() async throws {
        let bench = try await damagedBench()
        var plan = try #require(try bench.reconcile(makesPlan: true).plan)
        #expect(refusal { _ = try apply(plan, bench, reason: " ") }.contains("needs a reason"))
        plan.schema = "other"
        #expect(refusal { _ = try apply(plan, bench) }.contains("for the schema other"))
    }

    @Test func aPlanIsReadAgain() async throws {
        let bench = try await damagedBench()
        let plan = try #require(try bench.reconcile(makesPlan: true).plan)
        let json = try plan.json()
        let again = try RepairPlan(json: json)
        #expect(again == plan)
        #expect(try again.hash() == plan.hash())
        let text = try plan.text()
        #expect(
            text.contains(try plan.hash()) && text.contains("clicks ") && text.contains("removed: ")
                && text.contains("added: "))
        for damaged in [
            "", "{}", json.replacing("\"level\":\"minute\"", with: "\"level\":\"second\""),
            json.replacing("\"version\":1", with: "\"version\":2"),
        ] {
            #expect(refusal { _ = try RepairPlan(json: damaged) } != "nothing was refused")
        }
    }
}

/// Work on a thread of its own.
private final class Running: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private var failure: (any Error)?

    func finish(_ error: (any Error)?) {
        failure = error
        done.signal()
    }

    /// Waits for the end.
    func value() throws {
        done.wait()
        if let failure { throw failure }
    }
}

extension Thread {
    fileprivate static func run(_ body: @escaping @Sendable () throws -> Void) -> Running {
        let running = Running()
        Thread.detachNewThread {
            do {
                try body()
                running.finish(nil)
            } catch { running.finish(error) }
        }
        return running
    }
}
