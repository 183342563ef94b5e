import Foundation
import LocalServers
import Testing

/// A service tells a receiver of its alerts itself: no Prometheus, no Alertmanager, and a receiver that verifies each message.
@Suite(.serialized)
struct HookTests {
    @Test("PostgreSQL stops: within a minute the receiver has a genuine message with the cause; then its end")
    func databaseStops() async throws {
        try await withLocalPostgres { server in
            try await withScenario(partitions: 2, postgres: server.connectionString) { scenario in
                try await scenario.createTopic()
                let receiver = try await HookReceiver(scenario)
                let process = try scenario.start("a", flags: receiver.flags)
                let stream = try scenario.startStream(
                    events: 60_000, rate: 50, seed: 71, appends: true, flags: ["--start", "now"])
                try await process.waitForFirstCommit()
                let stopped = ContinuousClock.now
                try await server.stop(mode: .fast)
                let notice = try await receiver.notice("SluiceCommitsFail", "firing", within: .seconds(60))
                print("from PostgreSQL's stop to the alert at the receiver: \(ContinuousClock.now - stopped)")
                #expect(notice.labels["severity"] == "page" && notice.labels["service"] == "spend-aggregator")
                #expect(notice.annotations["cause"]?.contains("postgres") == true, "\(notice)")
                #expect(notice.annotations["runbook_url"]?.hasSuffix("runbook.md#commits-fail") == true)
                try await startAgain { try await server.start() }
                try await process.waitFor("commits go through again")
                // The short window of the rule is five minutes long: that is what its end takes.
                if ProcessInfo.processInfo.environment["SLUICE_SLOW_ALERTS"] != nil {
                    try await receiver.notice("SluiceCommitsFail", "resolved", within: .seconds(420))
                }
                try await stream.interrupt()
                #expect(try await process.terminate() == .exited(0))
                #expect(process.logged("hook delivered").count >= 1)
                #expect(
                    try receiver.notices.allSatisfy { ["SluiceCommitsFail", "SluiceResultsOld"].contains($0.name) })
            }
        }
    }

    @Test(
        "A certificate near its end is told once, and once that it was renewed; restarts of a healthy service tell nothing"
    )
    func certificateEndsAndRestarts() async throws {
        try await withLocalPostgres { server in
            try await withScenario(partitions: 2, postgres: server.connectionString) { scenario in
                try await scenario.createTopic()
                let receiver = try await HookReceiver(scenario)
                let folder = scenario.folder.path(percentEncoded: false)
                try await LocalCertificate.make("authority", in: folder, days: 5)
                let postgres = server.connectionString + " sslrootcert=\(folder)/authority.pem"
                let first = try scenario.start("a", postgres: postgres, flags: receiver.flags)
                let notice = try await receiver.notice("SluiceCertificatesEnd", "firing", within: .seconds(60))
                #expect(notice.labels["severity"] == "ticket")
                #expect(notice.annotations["cause"]?.contains("authority.pem ends in") == true, "\(notice)")
                try await LocalCertificate.make("authority", in: folder, days: 90)
                try await receiver.notice("SluiceCertificatesEnd", "resolved", within: .seconds(60))

                let stream = try scenario.startStream(
                    events: 60_000, rate: 50, seed: 72, appends: true, flags: ["--start", "now"])
                try await first.waitForFirstCommit()
                #expect(try await first.terminate() == .exited(0))
                for _ in 1...2 {
                    let again = try scenario.start("a", postgres: postgres, flags: receiver.flags)
                    try await again.waitForFirstCommit()
                    #expect(try await again.terminate() == .exited(0))
                    #expect(again.logged("hook delivered").isEmpty)
                }
                try await stream.interrupt()
                #expect(
                    try receiver.notices.map { "\($0.name) \($0.status)" }
                        == ["SluiceCertificatesEnd firing", "SluiceCertificatesEnd resolved"])
            }
        }
    }

    @Test("check names the receivers and not their paths, and sends a test alert only when asked to")
    func check() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            let receiver = try await HookReceiver(scenario)
            let flags = ["check"] + scenario.settings() + receiver.flags
            let quiet = try await scenario.command(flags)
            #expect(quiet.status == .exited(0), "\(quiet)")
            #expect(quiet.standardOutput.contains("would be told, signed by one secret"))
            #expect(!quiet.standardOutput.contains("/hook\n") && !quiet.standardOutput.contains("whsec_"))
            #expect(try receiver.notices.isEmpty)
            let test = try await scenario.command(flags + ["--hook-test"])
            #expect(test.status == .exited(0), "\(test)")
            #expect(test.standardOutput.contains("took the test alert"))
            #expect(try receiver.notices.map(\.name) == ["SluiceHookTest"])
            receiver.process.kill()
            let gone = try await scenario.command(flags + ["--hook-test"])
            #expect(gone.status == .exited(3), "\(gone)")
            #expect(gone.standardOutput.contains("hooks: FAILED"))
            let nobody = try await scenario.command(["check"] + scenario.settings() + ["--hook-test"])
            #expect(nobody.standardOutput.contains("hooks.url is not given") && !nobody.status.isSuccess)
        }
    }
}
