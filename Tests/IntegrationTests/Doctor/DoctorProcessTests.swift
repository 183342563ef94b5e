import Foundation
import LocalServers
import Testing

/// What goes wrong with the processes, their settings and what they have written.
@Suite(.serialized)
struct DoctorProcessTests {
    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    private static func clicks(_ ids: Range<UInt64>, partition: Int32 = 0) -> [ProducedRecord] {
        ids.map { .click($0, partition: partition, at: now) }
    }

    @Test("A process is stopped by a signal: process_hung; it is gone: process_down")
    func hungAndDown() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(Self.clicks(0..<100))
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            _ = try await process.adminURL()
            process.freeze()
            try await scenario.produce(Self.clicks(100..<200))
            let hung = try await scenario.expectFirst("process_hung", [process])
            #expect(hung?.commands.contains("kill -CONT \(process.process.pid)") == true, "\(hung?.seen ?? "")")
            process.thaw()
            try await process.kill()
            try await scenario.expectFirst("process_down", [process])
            // Neither PostgreSQL nor Kafka are named: a service alone is looked at, and the gaps are said.
            let url = try await process.adminURL()
            let alone = try await scenario.sluice(["doctor", "--service", "a=\(url)", "--job", scenario.job])
            #expect(alone.status == .exited(1))
            #expect(alone.standardOutput.contains("1. a does not run  [process_down"), "\(alone.standardOutput)")
        }
    }

    @Test("Two processes of one job in two groups: twin_processes")
    func twins() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(Self.clicks(0..<100) + Self.clicks(100..<200, partition: 1))
            let first = try scenario.start("a")
            try await scenario.untilCaughtUp()
            let second = try scenario.start("b", flags: ["--kafka-group", "\(scenario.job)-other"])
            try await second.waitFor("started")
            try await scenario.produce(Self.clicks(200..<300) + Self.clicks(300..<400, partition: 1))
            try await first.waitFor("commit refused: the partition has another owner")
            let found = try await scenario.expectFirst("twin_processes", [first, second])
            #expect(found?.seen.contains("\(scenario.job)-other") == true)
        }
    }

    @Test("Two processes judge lateness differently: configuration_differs")
    func settingsDiffer() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(Self.clicks(0..<100) + Self.clicks(100..<200, partition: 1))
            let first = try scenario.start("a")
            let second = try scenario.start("b", flags: ["--watermark-delay", "5s"])
            try await first.waitFor("started")
            try await second.waitFor("started")
            try await scenario.untilCaughtUp()
            let found = try await scenario.expectFirst("configuration_differs", [first, second])
            #expect(found?.seen.contains("watermark.delay is 30s at a, 5s at b") == true, "\(found?.seen ?? "")")
        }
    }

    @Test("A row is changed by hand and a reconciliation finds it: figures_differ, until one agrees again")
    func figuresDiffer() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(Self.clicks(0..<100))
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            func change(_ sign: String) throws {
                try scenario.database.execute(
                    """
                    BEGIN; SELECT set_config('sluice.levels', 'derived', true);
                    UPDATE "\(scenario.prefix)spend".minute_by_partition SET spend_nanos = spend_nanos \(sign) 1; COMMIT
                    """)
            }
            func reconcile() async throws -> ChildProcess.ExitStatus {
                try await scenario.sluice(["reconcile", "--kafka-brokers", scenario.brokers] + scenario.installation)
                    .status
            }
            try change("+")
            #expect(try await reconcile() == .exited(1))
            let found = try await scenario.expectFirst("figures_differ", [process])
            #expect(found?.commands.contains("sluice reconcile explain ") == true)
            try change("-")
            #expect(try await reconcile() == .exited(0))
            try await scenario.expectHealthy([process])
        }
    }

    @Test("The database has lost signals that were published: signals_stopped")
    func signalsStopped() async throws {
        try await SideTopics.with(partitions: 2) { scenario, topics in
            let process = try scenario.start("a", flags: topics.flags)
            try await process.waitFor("started")
            try await topics.setBudgets(of: [2])
            try await until("the budget is known") { try topics.knownBudgets() == 1 }
            try await topics.swing([2])
            try await until("the signal is published") {
                try await process.metric("sluice_outbox_published_total") ?? 0 >= 1
            }
            try scenario.database.execute("UPDATE \"\(scenario.prefix)sluice\".outbox_lane SET last_sequence = 0")
            try await until("the relay has stopped", within: .seconds(30)) {
                try await process.metric("sluice_outbox_stopped") == 1
            }
            let found = try await scenario.expectFirst("signals_stopped", [process])
            #expect(
                found?.seen.contains("outbox_skip_to") == true || found?.seen.contains("ahead") == true,
                "\(found?.seen ?? "")")
        }
    }

    @Test("A certificate of the way to PostgreSQL has two days left: certificate_expiring")
    func certificate() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            let folder = scenario.folder.path(percentEncoded: false)
            try await LocalCertificate.make("ca", in: folder, days: 2)
            let process = try scenario.start(
                "a", postgres: scenario.postgres + " sslmode=disable sslrootcert=\(folder)/ca.pem")
            try await process.waitFor("started")
            try await until("the file was read") {
                try await process.metric("sluice_certificate_not_after_timestamp_seconds") ?? 0 > 0
            }
            let found = try await scenario.expectFirst("certificate_expiring", [process])
            #expect(found?.title.hasPrefix("A certificate ends in 1 d") == true, "\(found?.title ?? "")")
        }
    }
}
