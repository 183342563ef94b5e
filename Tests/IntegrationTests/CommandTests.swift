import Foundation
import Kafka
import LocalServers
import SpendAggregatorJob
import Streams
import Testing

/// The service as its operators meet it: commands, exit codes, signals, endpoints.
@Suite(.serialized)
struct CommandTests {
    private static let events = 20_000

    // pitfall: shutdown-drain
    @Test("SIGTERM commits everything that was read and ends within 5 s, exit code 0")
    func drain() async throws {
        try await withScenario { scenario in
            try await scenario.generate(events: Self.events, seed: 51)
            // Nothing is committed by time before the signal comes.
            let process = try scenario.start("a", checkpoint: "60s")
            try await until("everything is read") {
                try await process.metric("sluice_records_read_total") == Double(Self.events)
            }
            #expect(try scenario.applied() == 0)
            let startedAt = ContinuousClock.now
            #expect(try await process.terminate() == .exited(0))
            #expect(ContinuousClock.now - startedAt < .seconds(5))
            #expect(process.logged("stopped").first?["exit_code"] == "0")
            try await scenario.expectExact(events: Self.events, wait: "1s")
        }
    }

    @Test("check changes nothing, and says which server does not answer")
    func check() async throws {
        try await withScenario { scenario in
            try await scenario.createTopic()
            let good = try await scenario.command(["check"] + scenario.settings())
            #expect(good.status == .exited(0), "\(good)")
            #expect(good.standardOutput.contains("postgres: ok, "))
            #expect(good.standardOutput.contains("kafka: ok, topic \(scenario.topic) has 4 partitions"))
            #expect(try schemas(scenario) == 0)

            let noDatabase = try await scenario.command(
                ["check"] + scenario.settings(postgres: "host=127.0.0.1 port=1 user=nobody dbname=none"))
            #expect(noDatabase.status == .exited(3), "\(noDatabase)")
            #expect(noDatabase.standardOutput.contains("postgres: FAILED, "))
            #expect(noDatabase.standardOutput.contains("kafka: ok, "))

            let noBroker = try await scenario.command(
                ["check", "--kafka-brokers", "127.0.0.1:1", "--kafka-topic", scenario.topic]
                    + ["--postgres", scenario.postgres, "--schema-prefix", scenario.prefix])
            #expect(noBroker.status == .exited(3), "\(noBroker)")
            #expect(noBroker.standardOutput.contains("kafka: FAILED, "))
            #expect(try schemas(scenario) == 0)
        }
    }

    private func schemas(_ scenario: Scenario) throws -> Int64? {
        try scenario.database.number(
            "SELECT count(*) FROM pg_namespace WHERE nspname LIKE '\(scenario.prefix)%'")
    }

    @Test("run without its database ends with exit code 3 and one clear line")
    func noDatabase() async throws {
        try await withScenario { scenario in
            let process = try scenario.start("a", postgres: "host=127.0.0.1 port=1 user=nobody dbname=none")
            #expect(try await process.ends() == .exited(3))
            let line = try #require(process.logged("stopped by an error").first)
            #expect(line["error"]?.contains("127.0.0.1") == true)
        }
    }

    @Test("A wrong command line names what is wrong")
    func wrongCommandLines() async throws {
        try await withScenario { scenario in
            let unknown = try await scenario.command(["run", "--kafka-borkers", "x"])
            #expect(unknown.status == .exited(64))
            #expect(unknown.standardError.contains("--kafka-borkers"))
            for value in ["soon", "10", "-1s"] {
                let bad = try await scenario.command(
                    ["run"] + scenario.settings() + ["--checkpoint-interval=\(value)"])
                #expect(bad.status == .exited(2), "\(bad)")
                #expect(bad.standardError.contains("checkpoint"), "\(bad.standardError)")
                #expect(bad.standardError.contains("duration"), "\(bad.standardError)")
            }
            let missing = try await scenario.command(["check"])
            #expect(missing.status == .exited(2))
            #expect(missing.standardError.contains("brokers"), "\(missing.standardError)")
            #expect(try await scenario.command(["--version"]).status == .exited(0))
            #expect(try await scenario.command(["--help"]).standardOutput.contains("run"))
        }
    }

    @Test("Streams beside the events: what is missing, named twice or too short is refused with the way out")
    func wrongSideStreams() async throws {
        try await withScenario { scenario in
            let wrong: [(flags: [String], says: String)] = [
                (["--signals-topic", "signals"], "signals.topic is set and budgets.topic is not"),
                (["--budgets-topic", "budgets"], "budgets.topic is set and signals.topic is not"),
                (["--adjustments-topic", scenario.topic], "'\(scenario.topic)' comes twice"),
                (["--budgets-topic", "b", "--signals-topic", "b"], "'b' comes twice"),
                (["--adjustments-topic", "a", "--budgets-topic", "a", "--signals-topic", "s"], "'a' comes twice"),
                (["--retention-minutes", "6d"], "retention.minutes: at least 7d"),
                (["--retention-minutes", "soon"], "retention.minutes"),
                (["--signals-partitions", "0"], "signals.partitions"),
            ]
            for (flags, says) in wrong {
                for command in ["run", "check", "migrate"] {
                    let result = try await scenario.command([command] + scenario.settings() + flags)
                    #expect(result.status == .exited(2), "\(command) \(flags): \(result)")
                    #expect(result.standardError.contains(says), "\(command) \(flags): \(result.standardError)")
                }
            }
            #expect(try schemas(scenario) == 0)
            for flags in [["--retention-minutes", "7d"], ["--retention-minutes", "0s"]] {
                let right = try await scenario.command(["explain"] + flags)
                #expect(right.status == .exited(0), "\(right)")
            }
        }
    }

    @Test("check looks at the topics beside the events, which are to be partitioned alike")
    func checkSideTopics() async throws {
        try await withScenario { scenario in
            try await scenario.createTopic()
            let admin = try KafkaAdmin(configuration: scenario.kafka)
            let (alike, budgets) = (scenario.job + "-a", scenario.job + "-b")
            let (other, missing) = (scenario.job + "-c", scenario.job + "-s")
            defer { for topic in [alike, budgets, other] { try? admin.deleteTopic(topic) } }
            for topic in [alike, budgets] { try admin.createTopic(topic, partitions: 4) }
            try admin.createTopic(other, partitions: 3)
            let good = try await scenario.command(
                ["check"] + scenario.settings()
                    + ["--adjustments-topic", alike, "--budgets-topic", budgets, "--signals-topic", missing])
            #expect(good.status == .exited(0), "\(good)")
            #expect(good.standardOutput.contains("kafka: ok, topic \(alike) has 4 partitions"), "\(good)")
            #expect(good.standardOutput.contains("kafka: ok, topic \(missing) will be made with 16 partitions"))
            let bad = try await scenario.command(["check"] + scenario.settings() + ["--adjustments-topic", other])
            #expect(bad.status == .exited(3), "\(bad)")
            #expect(
                bad.standardOutput.contains(
                    "kafka: FAILED, topic \(other) has 3 partitions and \(scenario.topic) has 4"), "\(bad)")
        }
    }

    @Test("migrate can be repeated and run by many at once")
    func migrate() async throws {
        try await withScenario { scenario in
            let arguments = ["migrate"] + scenario.settings()
            let outputs = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let result = try await scenario.command(arguments)
                        #expect(result.status == .exited(0), "\(result)")
                        return result.standardOutput
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            let applied = outputs.joined(separator: "\n").split(separator: "\n").filter { $0.contains(": applied") }
            #expect(applied.count == Set(applied).count, "each version is applied by one of them")
            #expect(applied.count == 9)
            let again = try await scenario.command(arguments)
            #expect(again.standardOutput.contains("nothing to apply"))
            let status = try await scenario.command(arguments + ["--status"])
            #expect(!status.standardOutput.contains("pending"))
        }
    }

    @Test("migrate --grant-reader makes a role that reads the views and nothing else")
    func grantReader() async throws {
        try await withScenario { scenario in
            let role = scenario.prefix + "reader"
            let arguments = ["migrate"] + scenario.settings() + ["--grant-reader"]
            for _ in 0..<2 {
                let result = try await scenario.command(arguments + [role])
                #expect(result.status == .exited(0), "\(result)")
                #expect(result.standardOutput.contains("\(scenario.prefix)spend: \(role) may read the views"))
            }
            let database = scenario.database
            func granted(_ relation: String, _ privilege: String) throws -> String? {
                try database.text(
                    "SELECT has_table_privilege('\(role)', '\(scenario.prefix)\(relation)', '\(privilege)')")
            }
            #expect(try granted("spend.day", "SELECT") == "t")
            #expect(try granted("spend.day", "INSERT, UPDATE, DELETE") == "f")
            #expect(try granted("spend.day_by_partition", "SELECT") == "f")
            #expect(try granted("sluice.dead_letter", "SELECT") == "f")
            #expect(try database.text("SELECT rolcanlogin FROM pg_roles WHERE rolname = '\(role)'") == "f")
            try database.execute("DROP OWNED BY \"\(role)\"; DROP ROLE \"\(role)\"")

            for extra in [["--status"], ["--print"]] {
                let both = try await scenario.command(arguments + [role] + extra)
                #expect(both.status == .exited(64), "\(both)")
                #expect(both.standardError.contains("give one of them"), "\(both.standardError)")
            }
            for name in ["", String(repeating: "r", count: 64)] {
                let wrong = try await scenario.command(arguments + [name])
                #expect(wrong.status == .exited(64), "\(wrong)")
                #expect(wrong.standardError.contains("1 to 63 bytes"), "\(wrong.standardError)")
            }
            let reserved = try await scenario.command(arguments + ["pg_\(role)"])
            #expect(reserved.status != .exited(0))
            #expect(reserved.standardError.contains("reserved"), "\(reserved.standardError)")
        }
    }

    // pitfall: operations-secrets
    @Test("Metrics have the names that the documentation gives them, and no secret is shown anywhere")
    func metricsAndSecrets() async throws {
        try await withScenario { scenario in
            let secret = "correct-horse-battery"
            let file = scenario.folder.appending(path: "password")
            try Data("\(secret)-file\n".utf8).write(to: file)
            try await scenario.generate(events: Self.events, seed: 52)
            let process = try scenario.start(
                "a", postgres: scenario.postgres + " password=\(secret)",
                flags: ["--postgres-password-file", file.path(percentEncoded: false)])
            try await scenario.untilCaughtUp()
            let names = [
                "sluice_consumer_lag_records", "sluice_consumer_lag_seconds", "sluice_watermark_timestamp_seconds",
                "sluice_dedup_remembered_ids", "sluice_partition_stopped", "sluice_consumer_rebalances_total",
                "sluice_checkpoint_fenced_total", "sluice_checkpoint_commits_total", "sluice_checkpoint_records_total",
                "sluice_checkpoint_rows_total", "sluice_store_retries_total", "sluice_log_skipped_offsets_total",
                "sluice_dedup_horizon_incomplete_total", "sluice_anchor_unverifiable_total",
                "sluice_checkpoint_commit_seconds_bucket", "sluice_event_to_commit_seconds_bucket",
                "sluice_records_read_total", "sluice_records_duplicate_total", "sluice_records_late_total",
                "sluice_records_invalid_total", "sluice_records_dead_letter_total", "sluice_dedup_horizon_bytes",
                "sluice_oldest_unapplied_age_seconds", "sluice_partitions_appeared_total",
            ]
            try await until("the metrics are sampled") {
                try await process.metric("sluice_records_read_total") == Double(Self.events)
            }
            for name in names { #expect(try await process.metric(name) != nil, "\(name) is missing") }
            #expect(try await process.metric("sluice_checkpoint_records_total") == Double(Self.events))
            #expect(try await process.get("/metrics").body.hasSuffix("# EOF\n"))

            let configuration = try await process.get("/config")
            #expect(configuration.status == 200)
            #expect(configuration.body.contains(scenario.topic))
            #expect(!configuration.body.contains(secret))
            #expect(try await process.terminate() == .exited(0))
            #expect(!process.process.lines.contains { $0.contains(secret) })
            let check = try await scenario.command(
                ["check"] + scenario.settings(postgres: scenario.postgres + " password=\(secret)"))
            #expect(!(check.standardOutput + check.standardError).contains(secret))
        }
    }

    @Test("Streams beside the events have metrics of their own, and one process is the relay")
    func sideMetrics() async throws {
        try await withScenario { scenario in
            try await scenario.createTopic()
            let admin = try KafkaAdmin(configuration: scenario.kafka)
            let (adjustments, budgets, signals) = (scenario.job + "-a", scenario.job + "-b", scenario.job + "-s")
            defer {
                for topic in [adjustments, budgets, signals, signals + "-positions"] { try? admin.deleteTopic(topic) }
            }
            for topic in [adjustments, budgets] { try admin.createTopic(topic, partitions: 4) }
            let flags = ["--adjustments-topic", adjustments, "--budgets-topic", budgets, "--signals-topic", signals]
            let first = try scenario.start("a", flags: flags)
            try await until("it is the relay") { try await first.metric("sluice_outbox_elected") == 1 }
            let second = try scenario.start("b", flags: flags)
            try await until("all streams of it have started") { second.logged("side stream started").count == 2 }
            #expect(try await second.metric("sluice_outbox_elected") == 0)
            let names = [
                "sluice_outbox_elections_total", "sluice_outbox_waiting", "sluice_outbox_stopped",
                "sluice_outbox_published_total", "sluice_outbox_publish_seconds_bucket", "sluice_outbox_retries_total",
                "sluice_budget_days_started_total", "sluice_housekeeping_failures_total",
                "sluice_campaigns_with_second_currency", "sluice_adjustment_conflicts",
            ]
            for name in names { #expect(try await first.metric(name) != nil, "\(name) is missing") }
            for stream in ["adjustments", "budgets"] {
                for name in [
                    "oldest_unapplied_age_seconds", "store_retries_total", "consumer_rebalances_total",
                    "checkpoint_fenced_total", "records_dead_letter_total", "partitions_appeared_total",
                ] {
                    let name = "sluice_\(stream)_\(name)"
                    #expect(try await first.metric(name) != nil, "\(name) is missing")
                }
            }
            for name in ["sluice_partition_stopped", "sluice_consumer_lag_records"] {
                for topic in [scenario.topic, adjustments, budgets] {
                    // Gone for a moment while partitions move to the other process.
                    try await until("\(name) of \(topic) is there") {
                        try await first.get("/metrics").body.split(separator: "\n").contains {
                            $0.hasPrefix("\(name){") && $0.contains("topic=\"\(topic)\"")
                        }
                    }
                }
            }
            #expect(try await first.terminate() == .exited(0))
            try await until("the other one is the relay") { try await second.metric("sluice_outbox_elected") == 1 }
            #expect(try await second.terminate() == .exited(0))
        }
    }

    @Test("explain names every assumption, and each has a test that carries its name")
    func explain() async throws {
        try await withScenario { scenario in
            let result = try await scenario.command(
                ["explain", "--dedup-horizon", "20m", "--kafka-topic", scenario.topic])
            #expect(result.status == .exited(0), "\(result)")
            #expect(result.standardOutput.contains(scenario.topic))
            #expect(result.standardOutput.contains("20 min"))
            #expect(result.standardOutput.contains("are counted and logged with their bounds"))
            #expect(result.standardOutput.contains("sluice progress set"))
            let contiguous = try await scenario.command(["explain", "--kafka-contiguous", "true"])
            #expect(contiguous.standardOutput.contains("the topic is declared contiguous"), "\(contiguous)")
            for word in ["spend.adjustment_ledger", "read_committed", "partitioned-alike"] {
                #expect(!result.standardOutput.contains(word), "it is not switched on: \(word)")
            }
            let all = try await scenario.command(
                [
                    "explain", "--adjustments-topic", "adjusted", "--budgets-topic", "budgeted", "--signals-topic",
                    "told",
                ]
                    + ["--retention-minutes", "35d"])
            #expect(all.status == .exited(0), "\(all)")
            for word in ["Kafka topic adjusted", "Kafka topic budgeted", "told-positions", "read_committed", "35 d"] {
                #expect(all.standardOutput.contains(word), "\(word): \(all)")
            }
            let job = StreamJob(name: "job", topic: "topic", logic: SpendLogic())
            let few = SpendExplanation.assumptions(of: job)
            let assumptions = SpendExplanation.assumptions(
                of: job, beside: .init(adjustments: "adjusted", budgets: "budgeted", signals: "told"))
            #expect(!few.isEmpty && few.count < assumptions.count)
            let sources = try Self.testSources()
            for assumption in few { #expect(result.standardOutput.contains(". \(assumption.name): ")) }
            for assumption in assumptions {
                #expect(all.standardOutput.contains(". \(assumption.name): "))
                #expect(
                    sources.contains { $0.contains("// assumption: \(assumption.name)\n") },
                    "no test carries the assumption \(assumption.name)")
            }
        }
    }

    /// The text of every test source.
    private static func testSources() throws -> [String] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
        var sources: [String] = []
        while let file = files?.nextObject() as? URL {
            if file.pathExtension == "swift" { sources.append(try String(contentsOf: file, encoding: .utf8)) }
        }
        return sources
    }
}
