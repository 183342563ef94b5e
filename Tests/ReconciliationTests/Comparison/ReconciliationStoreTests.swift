import Connectors
import Postgres
import Testing

@testable import Reconciliation

/// Reports as rows.
@Suite(.timeLimit(.minutes(5)))
struct ReconciliationStoreTests {
    @Test func aReportIsStoredAndFoundAgain() async throws {
        let bench = try await ReconciliationBench()
        bench.click(100)
        try bench.apply()
        try bench.tamper("UPDATE \"spend\".minute_by_partition SET spend_nanos = spend_nanos + 7")
        let outcome = try bench.reconcile(from: ReconciliationBench.hour, to: ReconciliationBench.hour + 3_600_000)
        var report = outcome.report
        report.id = "0123456789abcdef"
        report.createdAtMilliseconds = 1_800_000_000_000
        report.program = "tests 1"
        report.cost.wallMilliseconds = 1_500
        let store = ReconciliationStore(bench.connection, names: bench.names)
        #expect(try store.lastHourClosed(job: "job", topic: "ad-events") == nil)
        let first = try store.save(report, kind: .hour, differenceNanos: outcome.result.differenceNanos)
        report.verdict = .match
        let second = try store.save(report, kind: .hour)
        #expect(first < second)
        let entries = try store.list(job: "job", kind: .hour)
        #expect(entries.map(\.revision) == [2, 1] && entries.map(\.verdict) == ["match", "mismatch"])
        #expect(entries[1].differenceCount == outcome.result.differenceCount)
        #expect(try store.list(job: "job", kind: .run).isEmpty)
        #expect(try store.lastHourClosed(job: "job", topic: "ad-events") == ReconciliationBench.hour + 3_600_000)
        #expect(try store.report(id: "01234567") == report)
        #expect(try store.report(id: "ff") == nil && store.report(id: "") == nil)
        let rows = try bench.lines(
            """
            SELECT d.number, d.check_name, d.class, d.nanos, d.row_key->>'campaign_id', d.events->0->>'offset',
                r.difference_nanos->>'EUR', r.cut->0->>'to_offset', r.finished_at - r.started_at
            FROM "sluice".reconciliation_difference AS d JOIN "sluice".reconciliation AS r ON r.id = d.reconciliation_id
            WHERE r.revision = 1
            """)
        #expect(rows == ["1 minute unknown 7 70 0 7 1 00:00:01.5"])
        try bench.run(
            "UPDATE \"sluice\".reconciliation SET report = replace(report::text, 'mismatch', 'match')::json, report_id = 'aa'"
        )
        #expect(throws: ComparisonError.self) { try store.report(id: "aa") }
    }
}
