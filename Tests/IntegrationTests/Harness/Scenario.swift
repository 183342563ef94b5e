import Foundation
import Glibc
import Kafka
import LocalServers
import Streams
import Synchronization
import Testing

/// One test's own topic, group, job and schemas on the servers, and the processes that it started.
final class Scenario: Sendable {
    let brokers: String
    /// The connection string of the server itself, whatever stands between it and the processes.
    let postgres: String
    let topic: String
    /// The job's name and the consumer group's.
    let job: String
    /// Stands before the names of the schemas.
    let prefix: String
    let partitions: Int
    let folder: URL

    private let children = Mutex<[ChildProcess]>([])

    init(partitions: Int, brokers: String, postgres: String, topic: String? = nil) throws {
        let name = TestServers.uniqueName("it")
        self.brokers = brokers
        self.postgres = postgres
        self.partitions = partitions
        self.topic = topic ?? name
        job = name
        prefix = name + "_"
        folder = FileManager.default.temporaryDirectory.appending(path: "sluice-\(name)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    var database: Database { Database(connectionString: postgres) }
    var progress: String { "\"\(prefix)sluice\".progress" }
    var deadLetters: String { "\"\(prefix)sluice\".dead_letter" }
    var minute: String { "\"\(prefix)spend\".minute" }
    var truth: String { folder.appending(path: "truth").path(percentEncoded: false) }
    var kafka: KafkaClientConfiguration {
        KafkaClientConfiguration(bootstrapServers: brokers.split(separator: ",").map(String.init), clientID: job)
    }

    // MARK: The service

    /// The arguments that every command of the service takes here.
    func settings(postgres: String? = nil) -> [String] {
        [
            "--kafka-brokers", brokers, "--kafka-topic", topic, "--kafka-group", job, "--job", job,
            "--schema-prefix", prefix, "--postgres", postgres ?? self.postgres, "--admin-port", "0",
        ]
    }

    /// Starts `spend-aggregator run`.
    /// - Parameters:
    ///   - mutants: guards to leave out; such a process is of the debug build.
    ///   - crashPoint: where it dies by itself; such a process is of the debug build, too.
    ///   - relayPoint: the same, a step of the relay.
    ///   - postgres: another way to the server, such as a proxy.
    func start(
        _ instance: String, checkpoint: String = "200ms", session: String = "10s", mutants: [String] = [],
        crashPoint: CrashPoint? = nil, relayPoint: RelayCrashPoint? = nil, debug: Bool = false, postgres: String? = nil,
        flags: [String] = []
    ) throws -> Aggregator {
        let isDebug = debug || !mutants.isEmpty || crashPoint != nil || relayPoint != nil
        var environment: [String: String?] = [:]
        if !mutants.isEmpty { environment["SLUICE_MUTANT"] = mutants.joined(separator: ",") }
        if let crashPoint { environment["SLUICE_CRASH_AT"] = "\(crashPoint)" }
        if let relayPoint { environment["SLUICE_CRASH_AT"] = "\(relayPoint)" }
        let process = try spawn(
            (isDebug ? Binaries.debug : Binaries.release) + "/spend-aggregator",
            ["run", "--kafka-instance-id", "\(job)-\(instance)", "--log-level", "debug"]
                + ["--checkpoint-interval", checkpoint, "--kafka-session-timeout", session]
                + settings(postgres: postgres) + flags,
            environment: environment)
        return Aggregator(instance: "\(job)-\(instance)", process: process)
    }

    /// Runs a command of the service to its end.
    func command(
        _ arguments: [String]
    ) async throws -> (status: ChildProcess.ExitStatus, standardOutput: String, standardError: String) {
        try await ChildProcess.run(.init(Binaries.release + "/spend-aggregator", arguments, environment: Self.clean))
    }

    /// Runs `sluice` to its end.
    func sluice(
        _ arguments: [String], timeout: Duration = .seconds(120)
    ) async throws -> (status: ChildProcess.ExitStatus, standardOutput: String, standardError: String) {
        try await ChildProcess.run(
            .init(Binaries.release + "/sluice", arguments, environment: Self.clean), timeout: timeout)
    }

    func spawn(_ program: String, _ arguments: [String], environment: [String: String?]) throws -> ChildProcess {
        let child = try ChildProcess(
            .init(program, arguments, environment: Self.clean.merging(environment) { $1 }))
        children.withLock { $0.append(child) }
        return child
    }

    /// The tests' own settings would otherwise be the processes' as well.
    private static let clean: [String: String?] = [
        "SLUICE_KAFKA_BROKERS": nil, "SLUICE_POSTGRES": nil, "SLUICE_CRASH_KILLS": nil, "SLUICE_CRASH_SEED": nil,
        "SLUICE_ARCHIVE_FOLDER": nil,
    ]

    // MARK: The stream

    /// Starts a seeded stream into the topic; its truth is written when it ends, unless it appends to another one.
    func startStream(
        events: Int, rate: Int? = nil, seed: UInt64, appends: Bool = false, flags: [String] = []
    ) throws -> Stream {
        let arguments =
            [
                "generate", "--kafka-brokers", brokers, "--topic", topic, "--partitions", "\(partitions)",
                "--events", "\(events)", "--seed", "\(seed)", "--campaigns", "300", "--quiet",
            ] + (appends ? ["--append"] : ["--truth", truth]) + (rate.map { ["--rate", "\($0)"] } ?? []) + flags
        return Stream(process: try spawn(Binaries.release + "/sluice", arguments, environment: [:]), events: events)
    }

    /// The same, to its end.
    func generate(events: Int, seed: UInt64, flags: [String] = []) async throws {
        try await startStream(events: events, seed: seed, flags: flags).end()
    }

    struct Stream: Sendable {
        let process: ChildProcess
        let events: Int
        func end() async throws {
            let status = try await process.wait(timeout: .seconds(120))
            try #require(status.isSuccess, "the generator ended with \(status): \(process.lines)")
        }

        /// Ends it before its time (SIGINT): the truth is about what it has sent.
        func interrupt() async throws {
            process.signal(SIGINT)
            let status = try await process.wait(timeout: .seconds(120))
            try #require(status == .exited(130), "the generator ended with \(status): \(process.lines)")
        }
    }

    func createTopic() async throws {
        let (kafka, topic, partitions) = (kafka, topic, partitions)
        try await onThread {
            try KafkaAdmin(configuration: kafka).createTopic(
                topic, partitions: partitions, configuration: ["retention.ms": "-1"])
        }
    }

    func deleteTopic() async throws {
        let (kafka, topic) = (kafka, topic)
        try await onThread { try KafkaAdmin(configuration: kafka).deleteTopic(topic) }
    }

    // MARK: Results

    /// How many records are applied, of one topic where it is given; 0 while there are no tables.
    func applied(_ topic: String? = nil) throws -> Int64 {
        guard try database.text("SELECT to_regclass('\(progress)')") != nil else { return 0 }
        let condition = topic.map { " WHERE topic = '\($0)'" } ?? ""
        return try database.number("SELECT coalesce(sum(records), 0) FROM \(progress)\(condition)") ?? 0
    }

    /// What `sluice verify` says in its last line, and all of it.
    func verification(wait: String = "60s") async throws -> (isClean: Bool, verdict: String, text: String) {
        let result = try await sluice([
            "verify", "--truth", truth, "--postgres", postgres, "--schema-prefix", prefix, "--job", job, "--wait", wait,
        ])
        let verdict = result.standardOutput.split(separator: "\n").last.map(String.init) ?? ""
        return (result.status.isSuccess, verdict, result.standardOutput + "\n" + result.standardError)
    }

    /// The difference is 0, by the operators' command and by sums of our own.
    func expectExact(events: Int, wait: String = "60s") async throws {
        let verification = try await verification(wait: wait)
        #expect(verification.isClean, "\(verification.text)")
        #expect(verification.verdict.hasPrefix("verified: \(events) events, "))
        #expect(verification.verdict.hasSuffix(", difference 0"))
        let truth = try Truth(path: truth)
        #expect(truth.records == Int64(events))
        #expect(try found() == truth)
    }

    /// What the database holds, added up as `Truth` adds up the file.
    func found() throws -> Truth {
        var found = Truth()
        func numbers(_ sql: String) throws -> [String] { try database.rows(sql)[0].map { $0 ?? "0" } }
        let progress = try numbers(
            "SELECT sum(records), sum(duplicates) FROM \(progress) WHERE job = '\(job)' AND topic = '\(topic)'")
        found.records = Int64(progress[0]) ?? -1
        found.duplicates = Int64(progress[1]) ?? -1
        found.deadLetters = try database.number("SELECT count(*) FROM \(deadLetters)") ?? -1
        let rows = try numbers(
            """
            SELECT count(*), coalesce(sum(impressions + clicks + conversions + video_views + invalid_events), 0),
                coalesce(sum(spend_nanos), 0) FROM \(minute)
            """)
        found.rows = Int(rows[0]) ?? -1
        found.counted = Int64(rows[1]) ?? -1
        found.spendNanos = Int128(rows[2]) ?? -1
        return found
    }

    // MARK: The end

    /// The end of every process's log, for whoever has to find out why a test failed.
    func printLogs() {
        for child in children.withLock({ $0 }) {
            print("--- \(child.name) (process \(child.pid)), \(child.exitStatus.map { "\($0)" } ?? "running")")
            for line in child.lines.suffix(25) where !line.contains("checkpoint committed") { print(line) }
        }
    }

    /// Kills what still runs and removes what lies on the servers.
    func cleanUp() async {
        for child in children.withLock({ $0 }) { child.kill() }
        try? database.execute(
            "DROP SCHEMA IF EXISTS \"\(prefix)spend\" CASCADE; DROP SCHEMA IF EXISTS \"\(prefix)sluice\" CASCADE")
        try? await deleteTopic()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// Runs a test in a scenario of its own, on the shared servers unless others are given.
func withScenario(
    partitions: Int = 4, brokers: String? = nil, postgres: String? = nil, topic: String? = nil,
    _ body: (Scenario) async throws -> Void
) async throws {
    let (brokersHere, postgresHere): (String, String)
    if let brokers { brokersHere = brokers } else { brokersHere = try await TestServers.brokers() }
    if let postgres { postgresHere = postgres } else { postgresHere = try await TestServers.postgres() }
    let scenario = try Scenario(partitions: partitions, brokers: brokersHere, postgres: postgresHere, topic: topic)
    do {
        try await body(scenario)
    } catch {
        scenario.printLogs()
        await scenario.cleanUp()
        throw error
    }
    await scenario.cleanUp()
}
