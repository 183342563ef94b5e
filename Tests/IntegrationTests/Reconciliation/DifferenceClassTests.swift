import Foundation
import LocalServers
import Reconciliation
import Testing

/// Each class of difference, injected into the results of a real service, is found by `sluice reconcile`, named, and its
/// events are named with it.
@Suite(.serialized)
struct DifferenceClassTests {
    private static let eur: Int64 = 1_000_000_000

    @Test("Nothing was changed: every figure agrees, and a repeat beyond the horizon is a finding")
    func match() async throws {
        try await ReconciledLog.with { log in
            let result = try await log.reconcile()
            #expect(result.status == .exited(0), "\(result.text)")
            #expect(result.report.verdict == .match)
            #expect(result.lastLine.hasPrefix("reconciled: 9 events, "), "\(result.lastLine)")
            #expect(result.lastLine.hasSuffix(", difference 0"))
            for name in [
                "minute", "hour", "day", "lifetime", "ad_hour", "placement_hour", "country_hour", "dead_letters",
                "counters",
                "progress", "adjustments",
            ] {
                #expect(result.check(name)?.status == .match, "\(name): \(String(describing: result.check(name)))")
            }
            // Charged: clicks 1, 2, 3, 5, 1 again and 6; the adjustment apart.
            #expect(result.report.totals.first { $0.currency == "EUR" }?.expectedNanos == "\(6 * Self.eur)")
            let finding = try #require(result.report.findings.first)
            #expect(finding.class == .duplicateBeyondHorizon && finding.count == 1)
            #expect(Set(finding.events.map(\.offset)) == [7, 1])
            let stored = try log.scenario.database.rows(
                "SELECT verdict, report_id, difference_count FROM \(log.sluice).reconciliation")
            #expect(stored == [["match", result.report.id, "0"]])
        }
    }

    @Test("A row that was changed by hand, doubled, removed, or made up; each is found, explained and mended")
    func rows() async throws {
        try await ReconciledLog.with { log in
            let minute = log.firstMinute
            let table = minute.replacingOccurrences(of: " WHERE ", with: " AS m SET %@ WHERE ")
            func update(_ set: String) -> String { "UPDATE " + table.replacingOccurrences(of: "%@", with: set) }

            // A unit that no event makes.
            var result = try await log.damaged(
                update("spend_nanos = spend_nanos + 7"), undo: update("spend_nanos = spend_nanos - 7"))
            #expect(result.status == .exited(1))
            var difference = try #require(result.differences("minute").first)
            #expect(difference.class == .unknown && difference.nanos == "7", "\(difference)")
            #expect(Set(difference.events.map(\.offset)).isSuperset(of: [0, 2, 3]))

            // The repeat at offset 1 counted as well.
            result = try await log.damaged(
                update("clicks = clicks + 1, spend_nanos = spend_nanos + \(Self.eur)"),
                undo: update("clicks = clicks - 1, spend_nanos = spend_nanos - \(Self.eur)"))
            difference = try #require(result.differences("minute").first)
            #expect(difference.class == .countedTwice, "\(difference)")
            #expect(difference.events.map(\.offset).contains(1), "\(difference)")
            try await expectExplained(difference, of: result, log, says: "copy of offset 0")

            // The invalid click at offset 4 charged.
            result = try await log.damaged(
                update("invalid_events = 0, clicks = clicks + 1, spend_nanos = spend_nanos + \(Self.eur)"),
                undo: update("invalid_events = 1, clicks = clicks - 1, spend_nanos = spend_nanos - \(Self.eur)"))
            difference = try #require(result.differences("minute").first)
            #expect(difference.class == .invalid && difference.events.map(\.offset) == [4], "\(difference)")

            // An event is missing.
            result = try await log.damaged(
                update("clicks = clicks - 1, spend_nanos = spend_nanos - \(Self.eur)"),
                undo: update("clicks = clicks + 1, spend_nanos = spend_nanos + \(Self.eur)"))
            difference = try #require(result.differences("minute").first)
            #expect(difference.class == .missingEvent && !difference.events.isEmpty, "\(difference)")

            // A rogue writer.
            let rogue = "\(log.spend).minute_by_partition WHERE campaign_id = 77"
            result = try await log.damaged(
                """
                INSERT INTO \(log.spend).minute_by_partition SELECT minute, 77, advertiser_id, currency, source_partition,
                    impressions, clicks, conversions, video_views, invalid_events, spend_nanos, late_events FROM \(minute)
                """, undo: "DELETE FROM \(rogue)")
            difference = try #require(result.differences("minute").first)
            #expect(difference.class == .rowWithoutEvents, "\(difference)")
            #expect(difference.key.contains(.init("campaign_id", "77")))

            #expect(try await log.reconcile().status == .exited(0))

            // The whole row is gone: found, planned, reviewed, mended once.
            try log.change("DELETE FROM \(minute)")
            let plan = log.path("plan.json")
            result = try await log.reconcile(["--plan", plan])
            difference = try #require(result.differences("minute").first)
            #expect(difference.class == .missingEvent, "\(difference)")
            #expect(Set(difference.events.map(\.offset)).isSuperset(of: [0, 2, 3, 4]), "\(difference)")
            try await expectMended(plan, log)
        }
    }

    private func expectExplained(
        _ difference: ReconciliationReport.Difference, of result: ReconciledLog.Result, _ log: ReconciledLog,
        says: String
    ) async throws {
        let explained = try await log.scenario.sluice(
            ["reconcile", "explain", "\(result.report.id)-\(difference.number)"] + log.source)
        #expect(explained.status == .exited(0), "\(explained)")
        #expect(explained.standardOutput.contains(says), "\(explained.standardOutput)")
        #expect(explained.standardOutput.contains("CLICK"), "\(explained.standardOutput)")
    }

    private func expectMended(_ plan: String, _ log: ReconciledLog) async throws {
        let options = ["--postgres", log.scenario.postgres, "--schema-prefix", log.scenario.prefix]
        let shown = try await log.scenario.sluice(["reconcile", "repair", plan] + options)
        #expect(shown.status == .exited(0) && shown.standardOutput.contains("minute"), "\(shown)")
        #expect(try await log.reconcile().status == .exited(1), "showing a plan changes nothing")
        let apply = ["reconcile", "repair", plan, "--apply"] + options
        #expect(try await log.scenario.sluice(apply).status == .exited(2), "a repair needs a reason")
        let applied = try await log.scenario.sluice(apply + ["--reason", "agreed with finance"])
        #expect(applied.status == .exited(0) && applied.standardOutput.hasPrefix("repaired: "), "\(applied)")
        #expect(try await log.reconcile().status == .exited(0))
        let again = try await log.scenario.sluice(apply + ["--reason", "agreed with finance"])
        #expect(again.status == .exited(0) && again.standardOutput.hasPrefix("nothing changed: "), "\(again)")
        #expect(try await log.reconcile().status == .exited(0))
        let kept = try log.scenario.database.rows("SELECT reason FROM \(log.sluice).reconciliation_repair")
        #expect(kept == [["agreed with finance"]])
    }

    @Test("A level alone, a dead letter, a counter, an adjustment: each is found by its own check")
    func others() async throws {
        try await ReconciledLog.with { log in
            var result = try await log.damaged(
                "UPDATE \(log.spend).hour_by_partition SET spend_nanos = spend_nanos + 5 WHERE campaign_id = 2",
                undo: "UPDATE \(log.spend).hour_by_partition SET spend_nanos = spend_nanos - 5 WHERE campaign_id = 2")
            #expect(result.status == .exited(1))
            #expect(result.check("minute")?.status == .match)
            #expect(result.check("hour")?.differing == 1)
            #expect(result.differences("hour").first?.nanos == "5")

            result = try await log.damaged(
                """
                CREATE TABLE \(log.sluice).kept AS SELECT * FROM \(log.sluice).dead_letter;
                DELETE FROM \(log.sluice).dead_letter
                """,
                undo: """
                    INSERT INTO \(log.sluice).dead_letter SELECT * FROM \(log.sluice).kept; DROP TABLE \(log.sluice).kept
                    """)
            let letter = try #require(result.differences("dead_letters").first)
            #expect(letter.class == .deadLetter && letter.events.map(\.offset) == [6], "\(letter)")

            result = try await log.damaged(
                "UPDATE \(log.sluice).progress SET duplicates = duplicates + 1 WHERE topic = '\(log.scenario.topic)' AND partition = 0",
                undo:
                    "UPDATE \(log.sluice).progress SET duplicates = duplicates - 1 WHERE topic = '\(log.scenario.topic)' AND partition = 0"
            )
            #expect(result.check("counters")?.status == .mismatch)

            result = try await log.damaged(
                "CREATE TABLE \(log.spend).kept AS SELECT * FROM \(log.spend).adjustment; DELETE FROM \(log.spend).adjustment",
                undo:
                    "INSERT INTO \(log.spend).adjustment SELECT * FROM \(log.spend).kept; DROP TABLE \(log.spend).kept")
            let missing = try #require(result.differences("adjustments").first)
            #expect(missing.class == .adjustmentMissing, "\(missing)")
            #expect(missing.events.first?.topic == log.adjustments)

            #expect(try await log.reconcile().status == .exited(0))
        }
    }

    @Test("An external ledger that says something else, within and beyond its tolerance")
    func ledger() async throws {
        try await ReconciledLog.with { log in
            let file = log.path("ledger.csv")
            func write(_ amount: String) throws {
                try """
                advertiser_id,campaign_id,day,currency,amount
                1,1,2026-09-21,EUR,\(amount)
                1,2,2026-09-21,EUR,1.00

                """.write(toFile: file, atomically: true, encoding: .utf8)
            }
            let day = ["--from", "2026-09-21", "--to", "2026-09-22", "--ledger", file]
            try write("5.00")
            #expect(try await log.reconcile(day).status == .exited(0))
            try write("5.04")
            var result = try await log.reconcile(day)
            #expect(result.status == .exited(1))
            let difference = try #require(result.report.differences.first { $0.class == .externalLedger })
            #expect(difference.key.contains(.init("campaign_id", "1")), "\(difference)")
            result = try await log.reconcile(day + ["--tolerance", "0.05"])
            #expect(result.status == .exited(0), "\(result.text)")
            #expect(result.report.external?.within == 2, "\(String(describing: result.report.external))")
            try "advertiser_id,campaign_id\n1,1\n".write(toFile: file, atomically: true, encoding: .utf8)
            let bad = try await log.scenario.sluice(["reconcile"] + log.source + day)
            #expect(bad.status == .exited(2), "\(bad)")
            #expect(bad.standardError.contains("ledger.csv"), "\(bad.standardError)")
        }
    }
}
