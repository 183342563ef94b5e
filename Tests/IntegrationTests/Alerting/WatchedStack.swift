import Foundation
import LocalServers
import Testing

/// A scenario whose processes Prometheus watches: aggregators, a reconciler, and a trickle of events.
struct WatchedStack: Sendable {
    let services: WatchedServices
    let alerting: AlertingStack

    /// Runs a test with everything up and quiet: aggregators and the reconciler at work, a trickle of events, each target scraped.
    /// - Parameters:
    ///   - count: how many aggregators there are.
    ///   - flags: settings of the aggregators.
    static func with(
        aggregators count: Int = 1, postgres: String? = nil, flags: [String] = [], pace: DeployedFiles.Pace,
        _ body: (WatchedStack, [Aggregator]) async throws -> Void
    ) async throws {
        try await withScenario(partitions: 2, postgres: postgres) { scenario in
            try await scenario.createTopic()
            let free = try FreePort.some(count + 1)
            let ports = ["spend-aggregator": Array(free.dropLast()), "reconciler": [free[count]]]
            let services = WatchedServices(scenario: scenario, ports: ports)
            let aggregators = try (0..<count).map { try services.start($0, flags: flags) }
            let stream = try services.trickle()
            for aggregator in aggregators { try await aggregator.waitForFirstCommit() }
            let reconciler = try services.startReconciler()
            try await until("the reconciler can compare") {
                try await reconciler.get("/healthz/ready").status == 200
            }
            // Last, as in an installation: a Prometheus that starts before its services rightly misses them.
            let alerting = try AlertingStack(folder: scenario.folder, targets: ports, pace: pace)
            defer { alerting.stop() }
            do {
                try await alerting.untilScraped(count + 1)
                try await body(WatchedStack(services: services, alerting: alerting), aggregators)
                try await stream.interrupt()
            } catch {
                alerting.printLogs()
                throw error
            }
            #expect(alerting.receiver.strange == [])
        }
    }

    var scenario: Scenario { services.scenario }

    /// Every figure agrees with the log.
    func expectReconciled() async throws {
        let result = try await scenario.sluice(
            ["reconcile", "--kafka-brokers", scenario.brokers, "--no-store"] + scenario.installation)
        let verdict = result.standardOutput.split(separator: "\n").last ?? ""
        #expect(result.status.isSuccess && verdict.hasSuffix("difference 0"), "\(result)")
    }
}

/// The processes of a watched stack, at the ports that Prometheus knows, which they keep over restarts.
struct WatchedServices: Sendable {
    let scenario: Scenario
    let ports: [String: [Int]]

    /// Starts an aggregator at the port that Prometheus knows.
    func start(_ number: Int = 0, flags: [String] = []) throws -> Aggregator {
        try scenario.start(
            "\(number)", flags: ["--admin-port", "\(ports["spend-aggregator"]?[number] ?? 0)"] + flags)
    }

    /// Starts the reconciler, which compares everything again every two seconds.
    func startReconciler() throws -> Aggregator {
        let state = scenario.folder.appending(path: "recount")
        try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
        let process = try scenario.spawn(
            Binaries.release + "/reconciler",
            [
                "run", "--kafka-brokers", scenario.brokers, "--postgres", scenario.postgres, "--schema-prefix",
                scenario.prefix, "--job", scenario.job, "--state-folder", state.inFileSystem, "--follow-interval",
                "500ms", "--full-interval", "2s", "--admin-port", "\(ports["reconciler"]?[0] ?? 0)",
            ], environment: [:])
        return Aggregator(instance: "reconciler", process: process)
    }

    /// Starts a trickle of events that are as old as they would be in life. Others may write to the topic as well, so there is
    /// no truth of it: `sluice reconcile` compares with the log.
    func trickle(rate: Int = 50) throws -> Scenario.Stream {
        try scenario.startStream(
            events: 600 * rate, rate: rate, seed: 61, appends: true, flags: ["--start", "now"])
    }
}
