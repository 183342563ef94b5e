import Foundation
import Glibc
import LocalServers
import Reconciliation
import Testing

/// The reconciler as a process: it closes hours as they end, finds what was changed by hand, and survives SIGKILL.
@Suite(.serialized)
struct ReconcilerServiceTests {
    private static let hour: Int64 = 3_600_000

    private func startReconciler(_ scenario: Scenario, flags: [String] = []) throws -> Aggregator {
        let process = try scenario.spawn(
            Binaries.release + "/reconciler",
            [
                "run", "--kafka-brokers", scenario.brokers, "--postgres", scenario.postgres, "--schema-prefix",
                scenario.prefix, "--job", scenario.job, "--state-folder", state(scenario), "--follow-interval", "100ms",
                "--admin-port", "0",
            ] + flags, environment: [:])
        return Aggregator(instance: "reconciler", process: process)
    }

    private func state(_ scenario: Scenario) -> String {
        let path = scenario.folder.appending(path: "recount").path(percentEncoded: false)
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private func stored(_ scenario: Scenario, _ columns: String) throws -> [[String?]] {
        try scenario.database.rows(
            """
            SELECT \(columns) FROM "\(scenario.prefix)sluice".reconciliation ORDER BY id
            """)
    }

    private func closed(_ scenario: Scenario) throws -> Int64 {
        try scenario.database.number(
            """
            SELECT count(*) FROM "\(scenario.prefix)sluice".reconciliation WHERE kind = 'hour' AND verdict = 'match'
            """) ?? 0
    }

    /// A click a minute from one moment to another.
    private func clicks(_ first: UInt64, from start: Int64, to end: Int64) -> [ProducedRecord] {
        stride(from: start, to: end, by: 60_000).enumerated().map { .click(first + UInt64($0.offset), at: $0.element) }
    }

    @Test("Each hour is closed once the watermark has passed it, late events close it again, and kill -9 loses nothing")
    func hours() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            let start = ReconciledLog.start
            let job = try scenario.start("a")
            try await scenario.produce(clicks(1, from: start, to: start + Self.hour / 2))
            try await scenario.untilCaughtUp()
            var reconciler = try startReconciler(scenario)
            // Everything, at the first start; no hour is over yet, but the watermark is known.
            try await until("everything is compared") { try !stored(scenario, "kind").isEmpty }
            #expect(try stored(scenario, "kind, verdict").first == ["full", "match"])

            try await scenario.produce(clicks(1_000, from: start + Self.hour / 2, to: start + 2 * Self.hour + 120_000))
            try await until("two hours are closed") { try closed(scenario) >= 2 }
            try await reconciler.kill()

            // Hours that end while nobody looks, and a late event of an hour that was closed.
            let lateOffset = try await LogReader.ends(scenario)[0] ?? -1
            try await scenario.produce([.click(5_000, at: start + 1_000)])
            try await scenario.produce(
                clicks(2_000, from: start + 2 * Self.hour + 120_000, to: start + 4 * Self.hour + 120_000))
            try await scenario.untilCaughtUp()
            reconciler = try startReconciler(scenario)
            try await until("the hours in between are closed") { try closed(scenario) >= 5 }
            let hours = try scenario.database.rows(
                """
                SELECT ((extract(epoch FROM from_time) * 1000)::int8 - \(start)) / \(Self.hour), bool_and(verdict = 'match')
                FROM "\(scenario.prefix)sluice".reconciliation WHERE kind = 'hour' GROUP BY from_time ORDER BY from_time
                """)
            // Those that were closed just before the kill may have been closed again after it.
            #expect(hours == [["0", "t"], ["1", "t"], ["2", "t"], ["3", "t"]], "\(hours)")
            // The one event that came late is named by its place.
            let finding = try scenario.database.rows(
                """
                SELECT f->>'class', f->>'count', f->'events'->0->>'offset', f->'nanos'->0->>'value'
                FROM "\(scenario.prefix)sluice".reconciliation, json_array_elements(report->'findings') AS f
                WHERE kind = 'hour'
                """)
            #expect(finding == [["late_after_close", "1", "\(lateOffset)", "1000000000"]], "\(finding)")
            #expect(try await reconciler.metric("sluice_reconciliation_differences") == 0)
            #expect(try await reconciler.get("/healthz/ready").status == 200)
            #expect(try await reconciler.terminate() == .exited(0))
            try await job.terminate()
        }
    }

    @Test("A row that is changed by hand pages at the next comparison of its hour, until it is mended")
    func changedByHand() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            let start = ReconciledLog.start
            try await scenario.produce(clicks(1, from: start, to: start + Self.hour + 120_000))
            let job = try scenario.start("a")
            try await scenario.untilCaughtUp()
            let table = "\"\(scenario.prefix)spend\".minute_by_partition"
            func change(_ sign: String) throws {
                try scenario.database.execute(
                    """
                    BEGIN; SELECT set_config('sluice.levels', 'derived', true);
                    UPDATE \(table) SET spend_nanos = spend_nanos \(sign) 1 WHERE minute = to_timestamp(\(start / 1_000)); COMMIT
                    """)
            }
            try change("+")
            let reports = scenario.folder.path(percentEncoded: false)
            let reconciler = try startReconciler(
                scenario, flags: ["--full-interval", "1s", "--reports-folder", reports])
            let line = try await reconciler.waitFor("figures are not what the log says")
            #expect(line["checks"] == "minute 1", "\(line.fields)")
            #expect(try await reconciler.metric("sluice_reconciliation_differences") == 1)
            let page = try String(contentsOfFile: reports + "/latest.html", encoding: .utf8)
            #expect(page.contains("figure does not agree") || page.contains("figures do not agree"))
            try change("-")
            // Everything is compared again a second later.
            try await until("everything agrees") {
                try await reconciler.metric("sluice_reconciliation_differences") == 0
            }
            try await reconciler.terminate()
            try await job.terminate()
        }
    }

    @Test("What cannot be compared is told, and a wrong configuration ends the process")
    func obstacles() async throws {
        try await withScenario(partitions: 1) { scenario in
            let reconciler = try startReconciler(scenario)
            let line = try await reconciler.waitFor("reconciliation is held up and is tried again")
            #expect(line["explanation"]?.contains("spend-aggregator migrate") == true, "\(line.fields)")
            #expect(try await reconciler.get("/healthz/ready").status == 503)
            try await scenario.createTopic()
            try await scenario.produce(clicks(1, from: ReconciledLog.start, to: ReconciledLog.start + 120_000))
            let job = try scenario.start("a")
            try await scenario.untilCaughtUp()
            try await until("everything is compared") { try !stored(scenario, "kind").isEmpty }
            #expect(try await reconciler.get("/healthz/ready").status == 200)
            // The folder belongs to one process.
            let second = try startReconciler(scenario)
            #expect(try await second.ends() == .exited(4))
            try await reconciler.terminate()
            try await job.terminate()
            let wrong = try startReconciler(scenario, flags: ["--look-back", "1m"])
            #expect(try await wrong.ends() == .exited(2))
            #expect(wrong.process.lines.contains { $0.contains("look-back") })
        }
    }
}
