import Foundation
import Glibc
import LocalServers
import Testing

/// Each fault is made for real; the right alert arrives at the receiver in time, says the cause, names its section of the
/// runbook, and ends after the mend. Nothing else is told to anybody.
///
/// Rules and files are those of deploy/, but for what `DeployedFiles.Pace` says.
@Suite(.serialized)
struct FaultAlertTests {
    @Test("What alerts at once: a certificate near its end, a partition that stops, a row changed by hand")
    func atOnce() async throws {
        let certificates = try await TestCertificate()
        defer { certificates.remove() }
        try await withLocalPostgres { server in
            let postgres = server.connectionString + " sslrootcert=\(certificates.file)"
            try await certificates.renew(days: 5)
            let began = ContinuousClock.now
            let flags = ["--kafka-contiguous", "true", "--postgres", postgres]
            try await WatchedStack.with(postgres: server.connectionString, flags: flags, pace: .quick) {
                stack, processes in
                try await stack.expectAlert(
                    "SluiceCertificatesEnd", severity: "ticket", since: began, within: .seconds(60),
                    fault: "a certificate with 5 days left", cause: certificates.file,
                    doctor: ("certificate_expiring", processes))
                try await certificates.renew(days: 90)
                let renewed = ContinuousClock.now
                try await stack.changeRow(beside: processes[0])
                // Last: a log with a gap proves no longer what a row must be, and a plan of a repair is refused.
                let second = try await stack.stopPartition(of: processes[0], flags: flags)
                try await stack.expectResolved("SluiceCertificatesEnd", severity: "ticket", since: renewed)
                try await stack.expectReconciled()
                try await stack.expectNothingElse(
                    than: ["SluiceCertificatesEnd ticket", "SluicePartitionStopped page", "SluiceSpendDiffers page"])
                try await second.terminate()
            }
        }
        IncidentRecord.printTable()
    }

    @Test("What alerts by how fast the budget burns, each on servers of its own, all at the same time")
    func burning() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await Self.databaseStopped(pace: .quick) }
            group.addTask { try await Self.databaseStopped(pace: .shipped) }
            group.addTask { try await Self.databaseFrozen() }
            group.addTask { try await Self.transactionHangs() }
            group.addTask { try await Self.processFrozen() }
            group.addTask { try await Self.linkSilent() }
            try await group.waitForAll()
        }
        IncidentRecord.printTable()
    }

    private static func databaseStopped(pace: DeployedFiles.Pace) async throws {
        try await withLocalPostgres { server in
            try await WatchedStack.with(postgres: server.connectionString, pace: pace) { stack, processes in
                let start = ContinuousClock.now
                try await server.stop(mode: .fast)
                let isQuick = if case .quick = pace { true } else { false }
                try await stack.expectAlert(
                    "SluiceCommitsFail", since: start, within: .seconds(60),
                    fault: "PostgreSQL stopped" + (isQuick ? "" : ", rules and intervals as shipped"),
                    cause: "postgres", doctor: ("postgres_down", processes))
                try await startAgain { try await server.start() }
                let mended = ContinuousClock.now
                if isQuick { try await stack.expectResolved("SluiceCommitsFail", since: mended) }
                try await stack.expectNothingElse(than: ["SluiceCommitsFail page"], heldBack: ["SluiceResultsOld page"])
            }
        }
    }

    /// Nobody answers, and nobody refuses: what waits for the database hangs.
    private static func databaseFrozen() async throws {
        try await withLocalPostgres { server in
            try await WatchedStack.with(postgres: server.connectionString, pace: .quick) { stack, processes in
                let postmaster = try #require(server.process)
                let family = [postmaster] + postmaster.children()
                let start = ContinuousClock.now
                for process in family { process.signal(SIGSTOP) }
                let notice: Result<WebhookReceiver.Notice, any Error>
                do {
                    notice = .success(
                        try await stack.expectAlert(
                            "SluiceResultsOld", since: start, within: .seconds(60),
                            fault: "PostgreSQL frozen (SIGSTOP)", cause: "neither succeed nor fail",
                            doctor: ("postgres_down", processes)))
                } catch { notice = .failure(error) }
                for process in family { process.signal(SIGCONT) }
                _ = try notice.get()
                try await stack.expectResolved("SluiceResultsOld", since: .now)
                try await stack.expectNothingElse(than: ["SluiceResultsOld page", "SluiceCommitsFail page"])
            }
        }
    }

    private static func transactionHangs() async throws {
        try await withLocalPostgres { server in
            try await WatchedStack.with(postgres: server.connectionString, pace: .quick) { stack, processes in
                let start = ContinuousClock.now
                let session = try stack.holdProgressRow()
                defer { session.kill() }
                try await stack.expectAlert(
                    "SluiceCommitsFail", since: start, within: .seconds(60),
                    fault: "a transaction that hangs and holds a progress row", cause: "lock",
                    doctor: ("idle_in_transaction", processes))
                let ended = try stack.scenario.database.number(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'hangs'")
                #expect(ended == 1)
                try await stack.expectResolved("SluiceCommitsFail", since: .now)
                try await stack.expectReconciled()
                try await stack.expectNothingElse(than: ["SluiceCommitsFail page"], heldBack: ["SluiceResultsOld page"])
            }
        }
    }

    /// Connections to Kafka stay open and carry no answers: nothing fails, nothing is read, nothing has an age.
    private static func linkSilent() async throws {
        let proxy = try KafkaProxy(brokers: await TestServers.brokers())
        defer { proxy.close() }
        try await WatchedStack.with(flags: ["--kafka-brokers", proxy.brokers], pace: .quick) { stack, processes in
            let start = ContinuousClock.now
            proxy.mute()
            try await stack.expectAlert(
                "SluiceKafkaSilent", since: start, within: .seconds(60),
                fault: "the link to Kafka carries no answers", cause: "Kafka does not answer",
                // Asked directly, it answers.
                doctor: ("service_cannot_reach_kafka", processes))
            proxy.unmute()
            try await stack.expectResolved("SluiceKafkaSilent", since: .now)
            try await stack.expectReconciled()
            try await stack.expectNothingElse(than: ["SluiceKafkaSilent page"], heldBack: ["SluiceResultsOld page"])
        }
    }

    /// The consumer does nothing and answers nobody. A rule sees it, for it cannot say anything about itself.
    private static func processFrozen() async throws {
        try await WatchedStack.with(pace: .quick) { stack, processes in
            let start = ContinuousClock.now
            processes[0].freeze()
            let page = try await stack.expectAlert(
                "SluiceScrapeMissing", since: start, within: .seconds(60), fault: "the aggregator frozen (SIGSTOP)",
                cause: nil, doctor: ("process_hung", processes))
            #expect(page.labels["instance"] != nil)
            // Its group has given its partitions away; the mend is a restart.
            try await processes[0].kill()
            let mended = ContinuousClock.now
            _ = try stack.services.start()
            try await stack.expectResolved("SluiceScrapeMissing", since: mended)
            try await stack.expectReconciled()
            try await stack.expectNothingElse(than: ["SluiceScrapeMissing page"])
        }
    }
}
