import Foundation
import LocalServers
import Reconciliation
import Testing

/// A small log whose every record is known, applied by the real service, and what `sluice reconcile` makes of it.
///
/// Partition 0: offset 0 and 1 click 1 and its repeat, 2 and 3 clicks 2 and 3 of the same minute, 4 an invalid click, 5 a click a
/// minute later, 6 a record that is no event, 7 click 1 again, beyond the horizon. Partition 1: offset 0 a click of campaign 2.
struct ReconciledLog {
    /// 2026-09-21T14:00:00Z, the beginning of an hour.
    static let start: Int64 = 1_789_999_200_000
    static let horizon = "10s"
    let scenario: Scenario
    let adjustments: String

    /// Writes the log, lets the service apply all of it, and runs a test.
    static func with(_ body: (ReconciledLog) async throws -> Void) async throws {
        try await SideTopics.with(partitions: 2) { scenario, topics in
            let log = ReconciledLog(scenario: scenario, adjustments: topics.adjustments)
            try await scenario.produce(log.records)
            try await topics.swing([3])
            let process = try scenario.start(
                "a", flags: ["--dedup-horizon", horizon, "--adjustments-topic", topics.adjustments])
            try await scenario.untilCaughtUp()
            try await until("the adjustment is applied") {
                try scenario.database.number("SELECT count(*) FROM \(log.spend).adjustment") == 1
            }
            try await process.terminate()
            try await body(log)
        }
    }

    private var records: [ProducedRecord] {
        let minute = Self.start
        var invalid = ProducedRecord.click(4, at: minute + 3_000)
        // Field 14 (invalid_reason) is 1.
        invalid.value? += [14 << 3, 1]
        var noise = ProducedRecord.click(9, at: minute + 61_000)
        noise.value = Array("no event".utf8)
        return [
            .click(1, at: minute + 1_000), .click(1, at: minute + 1_000), .click(2, at: minute + 2_000),
            .click(3, at: minute + 2_500), invalid, .click(5, at: minute + 60_000), noise,
            .click(1, at: minute + 1_000),
            .click(6, campaign: 2, partition: 1, at: minute + 1_000),
        ]
    }

    var spend: String { "\"\(scenario.prefix)spend\"" }
    var sluice: String { "\"\(scenario.prefix)sluice\"" }
    /// The first minute of campaign 1.
    var firstMinute: String {
        "\(spend).minute_by_partition WHERE campaign_id = 1 AND minute = to_timestamp(\(Self.start / 1_000))"
    }

    struct Result {
        var status: ChildProcess.ExitStatus
        var report: ReconciliationReport
        var text: String
        var lastLine: String { text.split(separator: "\n").last.map(String.init) ?? "" }
        func differences(_ check: String) -> [ReconciliationReport.Difference] {
            report.differences.filter { $0.check == check }
        }
        func check(_ name: String) -> ReconciliationReport.Check? { report.checks.first { $0.name == name } }
    }

    /// How `sluice reconcile` and its subcommands find log and results.
    var source: [String] {
        scenario.installation + ["--kafka-brokers", scenario.brokers, "--dedup-horizon", Self.horizon]
    }

    func path(_ name: String) -> String { scenario.folder.appending(path: name).path(percentEncoded: false) }

    /// Runs `sluice reconcile`.
    func reconcile(_ flags: [String] = []) async throws -> Result {
        let json = path("report.json")
        let result = try await scenario.sluice(["reconcile", "--json", json] + source + flags)
        let text = try #require(try? String(contentsOfFile: json, encoding: .utf8), "\(result)")
        return Result(status: result.status, report: try ReconciliationReport(json: text), text: result.standardOutput)
    }

    /// Damages the results, reconciles, and undoes the damage.
    func damaged(_ sql: String, undo: String, _ flags: [String] = []) async throws -> Result {
        try change(sql)
        let result = try await reconcile(flags)
        try change(undo)
        return result
    }

    /// Changes results by hand, one level alone: without the setting a trigger would carry a minute's change on to the other
    /// levels, as it does for the version of the service that writes minutes only.
    func change(_ sql: String) throws {
        try scenario.database.execute("BEGIN; SELECT set_config('sluice.levels', 'derived', true); \(sql); COMMIT")
    }
}
