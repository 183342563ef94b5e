import Foundation
import LocalServers
import Testing

/// A scenario whose processes are watched by Prometheus: aggregators and a reconciler at ports of their own, that they keep over
/// restarts, and a trickle of events.
struct WatchedStack: Sendable {
    let scenario: Scenario
    let alerting: AlertingStack
    let ports: [String: [Int]]

    /// Runs a test with everything up and quiet: the processes started, a trickle of events, every target scraped.
    static func with(
        aggregators: Int = 1, reconciler: Bool = false, partitions: Int = 2, postgres: String? = nil,
        brokers: String? = nil, pace: DeployedFiles.Pace,
        _ body: (WatchedStack) async throws -> Void
    ) async throws {
        try await withScenario(partitions: partitions, brokers: brokers, postgres: postgres) { scenario in
            try await scenario.createTopic()
            let free = try FreePort.some(aggregators + 1)
            let ports = [
                "spend-aggregator": Array(free.dropLast()), "reconciler": reconciler ? [free[aggregators]] : [],
            ]
            let alerting = try await AlertingStack(folder: scenario.folder, targets: ports, pace: pace)
            defer { alerting.stop() }
            do {
                try await body(WatchedStack(scenario: scenario, alerting: alerting, ports: ports))
            } catch {
                alerting.printLogs()
                throw error
            }
            #expect(alerting.receiver.strange == [])
        }
    }

    /// Starts an aggregator at the port that Prometheus knows.
    func start(_ number: Int = 0, flags: [String] = [], postgres: String? = nil) throws -> Aggregator {
        try scenario.start(
            "\(number)", postgres: postgres,
            flags: ["--admin-port", "\(ports["spend-aggregator"]?[number] ?? 0)"] + flags)
    }

    /// Starts a trickle of events that are as old as they would be in life. Others may write to the topic as well, so there is
    /// no truth of it: `sluice reconcile` compares with the log.
    func trickle(seconds: Int, rate: Int = 50) throws -> Scenario.Stream {
        try scenario.startStream(
            events: seconds * rate, rate: rate, seed: 61, appends: true, flags: ["--start", "now"])
    }
}
