import Foundation
import Glibc
import LocalServers
import Postgres

/// The servers, the programs and a connection to look at the progress with.
final class Bench {
    let servers: TestServers
    let programs: String
    let folder: String
    private let connection: PostgresConnection

    init(servers: TestServers, programs: String) throws {
        self.servers = servers
        self.programs = programs
        folder = "\(NSTemporaryDirectory())/sluice-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        connection = try PostgresConnection(
            PostgresConfiguration(connectionString: servers.postgres, applicationName: "sluice-benchmark"))
    }

    deinit {
        connection.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Runs `sluice` to its end and returns what it printed.
    @discardableResult
    func sluice(_ arguments: [String]) async throws -> String {
        try await run("sluice", arguments)
    }

    /// Runs one of the programs to its end.
    @discardableResult
    func run(_ program: String, _ arguments: [String]) async throws -> String {
        let (status, output, errors) = try await ChildProcess.run(
            .init("\(programs)/\(program)", arguments, environment: environment), timeout: .seconds(600))
        guard status.isSuccess else {
            throw BenchError("\(program) \(arguments.joined(separator: " ")): \(status)\n\(output)\n\(errors)")
        }
        return output
    }

    var environment: [String: String?] {
        ["SLUICE_KAFKA_BROKERS": servers.brokers, "SLUICE_POSTGRES": servers.postgres]
    }

    /// Starts `sluice generate` and does not wait for it.
    func generate(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(.init("\(programs)/sluice", ["generate", "--quiet"] + arguments, environment: environment))
    }

    // MARK: The service

    /// A job of its own, with schemas of its own, made by `migrate`.
    func job(_ topic: String) async throws -> Job {
        let name = servers.uniqueName("bench")
        let job = Job(name: name, topic: topic)
        try await run("spend-aggregator", ["migrate", "--kafka-brokers", servers.brokers] + job.migrateArguments)
        return job
    }

    struct Job: Sendable {
        var name: String
        var topic: String
        var more: [String] = []
        var migrateArguments: [String] { ["--job", name, "--schema-prefix", "\(name)_"] }
        var arguments: [String] {
            migrateArguments + [
                "--kafka-topic", topic, "--kafka-instance-id", "\(name)-0", "--admin-port", "0", "--log-level",
                "warning",
            ] + more
        }
    }

    func launch(_ job: Job, preload: String? = nil, counters: String? = nil) throws -> ChildProcess {
        var environment = environment
        if let preload, let counters {
            environment["LD_PRELOAD"] = preload
            environment["SLUICE_ALLOCATIONS_FILE"] = counters
        }
        return try ChildProcess(
            .init("\(programs)/spend-aggregator", ["run"] + job.arguments, environment: environment))
    }

    // MARK: Progress

    struct Row {
        var partition: Int64
        var next: Int64
        var timestampMilliseconds: Int64
        /// The instance and the process that claimed the partition or committed it last.
        var owner: String
    }

    /// What is committed, by partition. The timestamp is that of the last applied record.
    func progress(_ job: Job) throws -> [Row] {
        try connection.query(
            """
            SELECT partition::int8 AS partition, next_offset, anchor_timestamp_ms, owner
            FROM "\(job.name)_sluice".progress WHERE job = $1 AND next_offset IS NOT NULL
            """, [.text(job.name)]
        ).map {
            Row(
                partition: try $0.int64("partition"), next: try $0.int64("next_offset"),
                timestampMilliseconds: try $0.optionalInt64("anchor_timestamp_ms") ?? -1,
                owner: try $0.string("owner"))
        }
    }

    /// Records committed in all partitions.
    func committed(_ job: Job) throws -> Int64 { try progress(job).reduce(0) { $0 + $1.next } }

    /// Looks at the progress every few milliseconds until `total` records are committed.
    /// - Parameter look: called at each look.
    func wait(
        _ job: Job, _ process: ChildProcess, until total: Int64, seconds: Double = 300,
        _ look: (Int64) throws -> Void = { _ in }
    ) throws {
        let deadline = Self.now() + seconds
        while true {
            let committed = try committed(job)
            try look(committed)
            if committed >= total { return }
            guard process.isRunning else {
                throw BenchError("the service ended:\n\(process.lines.suffix(10).joined(separator: "\n"))")
            }
            guard Self.now() < deadline else { throw BenchError("\(committed) of \(total) after \(seconds) s") }
            usleep(20_000)
        }
    }

    /// Seconds of a clock that never goes back.
    static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    static func unixMilliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) * 1e-6
    }

    /// CPU-seconds of the servers so far; 0 for those that were not started here.
    var serverSeconds: (broker: Double, postgres: Double) {
        (
            servers.localBroker?.process.map { ProcessTimes(pid: $0.pid).seconds } ?? 0,
            servers.localPostgres?.process.map { ProcessTimes.ofFamily(pid: $0.pid) } ?? 0
        )
    }
}

/// Something that ends the benchmark.
struct BenchError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
