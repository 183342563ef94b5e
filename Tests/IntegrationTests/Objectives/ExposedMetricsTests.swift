import Foundation
import Kafka
import LocalServers
import Testing

/// What rules, dashboards and alerts name is what the real services expose.
@Suite(.serialized)
struct ExposedMetricsTests {
    private static let deploy = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "deploy")

    /// Of Prometheus itself.
    private static let foreign: Set<String> = ["up", "process_start_time_seconds"]

    /// The metrics that a service's rules and dashboard name.
    private func named(_ service: String) throws -> Set<String> {
        var names: Set<String> = []
        for file in ["slo.yml", "alerts.yml", "dashboard.json"] {
            let text = try String(contentsOf: Self.deploy.appending(path: "\(service)/\(file)"), encoding: .utf8)
                .split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("#") }.joined(separator: "\n")
            for match in text.matches(of: /sluice_\(adjustments_\|budgets_\)\?([a-z_]+)/) {
                for stream in ["", "budgets_", "adjustments_"] { names.insert("sluice_\(stream)\(match.1)") }
            }
            names.formUnion(text.matches(of: /\b((?:sluice|process)_[a-z_]+[a-z])\b/).map { String($0.1) })
        }
        // The beginning of an alternative, taken for a name.
        return names.subtracting(["sluice_adjustments_", "sluice_budgets_"])
    }

    /// Waits until a process has shown each metric at least once.
    private func expectAll(_ names: Set<String>, of process: Aggregator) async throws {
        var missing = names.subtracting(Self.foreign)
        #expect(missing.count > 8)
        try await until("all metrics are shown, and not only \(names.count - missing.count)", within: .seconds(60)) {
            let shown = Set(
                try await process.get("/metrics").body.split(separator: "\n").filter { !$0.hasPrefix("#") }
                    .map { String($0.prefix { $0 != "{" && $0 != " " }) })
            missing.subtract(shown)
            if !missing.isEmpty { print("still missing: \(missing.sorted().joined(separator: " "))") }
            return missing.isEmpty
        }
    }

    /// A file of certificates that is not there makes one objective missed, with a cause.
    private let noFile = "/nonexistent/ca.pem"

    @Test("every metric that rules, dashboards and handwritten alerts name is one that the service exposes")
    func exposed() async throws {
        try await withScenario { scenario in
            try await scenario.createTopic()
            try scenario.makeArchive()
            let admin = try KafkaAdmin(configuration: scenario.kafka)
            let (adjustments, budgets, signals) = (scenario.job + "-a", scenario.job + "-b", scenario.job + "-s")
            defer {
                for topic in [adjustments, budgets, signals, signals + "-positions"] { try? admin.deleteTopic(topic) }
            }
            for topic in [adjustments, budgets] { try admin.createTopic(topic, partitions: 2) }
            let aggregator = try scenario.start(
                "a", postgres: scenario.postgres + " sslrootcert=\(noFile)",
                flags: ["--adjustments-topic", adjustments, "--budgets-topic", budgets, "--signals-topic", signals])
            let archiver = try scenario.startArchiver(flags: ["--kafka-ca-file", noFile])
            try await scenario.generate(events: 2_000, seed: 7)
            try await scenario.untilCaughtUp()
            let state = scenario.folder.appending(path: "recount").path(percentEncoded: false)
            try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
            let reconciler = Aggregator(
                instance: "reconciler",
                process: try scenario.spawn(
                    Binaries.release + "/reconciler",
                    [
                        "run", "--kafka-brokers", scenario.brokers, "--postgres",
                        scenario.postgres + " sslrootcert=\(noFile)", "--schema-prefix", scenario.prefix, "--job",
                        scenario.job, "--state-folder", state, "--follow-interval", "100ms", "--admin-port", "0",
                    ], environment: [:]))
            try await expectAll(named("spend-aggregator"), of: aggregator)
            try await expectAll(named("archiver"), of: archiver)
            try await expectAll(named("reconciler"), of: reconciler)
            for process in [aggregator, archiver, reconciler] {
                let objectives = try await process.get("/objectives")
                #expect(objectives.status == 200)
                #expect(objectives.body.contains(#""name":"certificates""#))
                #expect(objectives.body.contains(noFile))
            }
        }
    }
}
