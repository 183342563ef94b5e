import Foundation
import LocalServers
import Testing

/// A scenario whose processes are watched by Prometheus: aggregators and a reconciler at ports of their own, that they keep over
/// restarts, and a trickle of events.
struct WatchedStack: Sendable {
    let scenario: Scenario
    let alerting: AlertingStack
    private let ports: [String: [Int]]

    /// Runs a test with everything up and quiet: an aggregator and the reconciler at work, a trickle of events, each target
    /// scraped.
    /// - Parameters:
    ///   - aggregators: how many of them Prometheus knows; the first one is started.
    ///   - brokers: another way to the brokers, such as a proxy, for the first aggregator.
    ///   - flags: settings of the first aggregator.
    static func with(
        aggregators: Int = 1, postgres: String? = nil, brokers: ((Scenario) throws -> String)? = nil,
        flags: [String] = [], pace: DeployedFiles.Pace,
        _ body: (WatchedStack, Aggregator) async throws -> Void
    ) async throws {
        try await withScenario(partitions: 2, postgres: postgres) { scenario in
            try await scenario.createTopic()
            let free = try FreePort.some(aggregators + 1)
            let ports = ["spend-aggregator": Array(free.dropLast()), "reconciler": [free[aggregators]]]
            let alerting = try await AlertingStack(
                folder: scenario.folder, targets: ports, pace: pace)
            defer { alerting.stop() }
            do {
                let stack = WatchedStack(scenario: scenario, alerting: alerting, ports: ports)
                let way = try brokers.map { ["--kafka-brokers", try $0(scenario)] } ?? []
                let first = try stack.start(flags: way + flags)
                let stream = try stack.trickle()
                try await first.waitForFirstCommit()
                _ = try stack.startReconciler()
                try await alerting.untilScraped(2)
                try await body(stack, first)
                try await stream.interrupt()
            } catch {
                alerting.printLogs()
                throw error
            }
            #expect(alerting.receiver.strange == [])
        }
    }

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

    /// Every figure agrees with the log.
    func expectReconciled() async throws {
        let result = try await scenario.sluice(
            ["reconcile", "--kafka-brokers", scenario.brokers, "--no-store"] + scenario.installation)
        let verdict = result.standardOutput.split(separator: "\n").last ?? ""
        #expect(result.status.isSuccess && verdict.hasSuffix("difference 0"), "\(result)")
    }
}
