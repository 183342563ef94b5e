import Foundation
import FoundationNetworking
import LocalServers
import Testing

/// Which alert keeps which others quiet, as the real Alertmanager understands the shipped file.
struct InhibitionTests {
    private struct State: Decodable {
        struct Status: Decodable {
            var state: String
        }
        var labels: [String: String]
        var status: Status
    }

    private static func labels(
        _ name: String, _ severity: String, _ service: String, _ objective: String?
    ) -> [String: String] {
        var labels = ["alertname": name, "severity": severity, "service": service]
        if let objective { labels["objective"] = objective }
        return labels
    }

    @Test("Causes hold back their consequences, a page its ticket, and nothing else")
    func inhibitions() async throws {
        let (aggregator, reconciler) = ("spend-aggregator", "reconciler")
        let held = [
            Self.labels("Availability", "ticket", aggregator, "availability"),
            Self.labels("Freshness", "page", aggregator, "freshness"),
            Self.labels("Completeness", "page", aggregator, "completeness"),
            Self.labels("SluiceNothingRead", "page", aggregator, nil),
        ]
        let told = [
            Self.labels("Availability", "page", aggregator, "availability"),
            Self.labels("SluiceScrapeMissing", "page", aggregator, nil),
            Self.labels("Stopped", "page", aggregator, "stopped"),
            Self.labels("SluiceDuplicates", "ticket", aggregator, nil),
            Self.labels("Certificates", "ticket", aggregator, "certificates"),
            // Another service's are not this one's consequences.
            Self.labels("OtherFreshness", "page", reconciler, "freshness"),
            Self.labels("Correctness", "page", reconciler, "correctness"),
            Self.labels("SluiceRestarts", "ticket", reconciler, nil),
        ]
        try await Self.expect(held: held, told: told)
    }

    @Test("A Kafka that does not answer holds back what follows from it; old results hold back incomplete ones")
    func sourceAndFreshness() async throws {
        let (aggregator, reconciler) = ("spend-aggregator", "reconciler")
        try await Self.expect(
            held: [
                Self.labels("Freshness", "page", aggregator, "freshness"),
                Self.labels("Completeness", "page", aggregator, "completeness"),
                Self.labels("SluiceNotAssigned", "page", aggregator, nil),
                Self.labels("SluiceSignalsWait", "page", aggregator, nil),
                Self.labels("SluiceNoRelay", "page", aggregator, nil),
                Self.labels("OtherCompleteness", "page", reconciler, "completeness"),
            ],
            told: [
                Self.labels("SluiceKafkaSilent", "page", aggregator, "source"),
                Self.labels("SluiceHousekeepingFails", "page", aggregator, nil),
                Self.labels("OtherFreshness", "page", reconciler, "freshness"),
            ])
    }

    /// Posts all of them at once to a real Alertmanager with the shipped file.
    private static func expect(held: [[String: String]], told: [[String: String]]) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.uniqueName("inhibition"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let stack = try AlertingStack(folder: folder, targets: [:], pace: .quick)
        defer { stack.stop() }
        try await until("Alertmanager takes alerts") { (try? await Self.post(held + told, to: stack)) != nil }
        try await until("Alertmanager has judged them") {
            let judged = try await Self.states(of: stack).filter { $0.status.state != "unprocessed" }
            return (held + told).allSatisfy { one in judged.contains { $0.labels == one } }
        }
        let states = try await Self.states(of: stack)
        for one in held + told {
            let state = states.first { $0.labels == one }?.status.state
            #expect(state == (held.contains(one) ? "suppressed" : "active"), "\(one)")
        }
        try await until("the rest was told") {
            let names = Set(stack.receiver.notices.map { "\($0.name) \($0.severity)" })
            return told.allSatisfy { names.contains("\($0["alertname"] ?? "") \($0["severity"] ?? "")") }
        }
        let names = Set(stack.receiver.notices.map { "\($0.name) \($0.severity)" })
        for one in held { #expect(!names.contains("\(one["alertname"] ?? "") \(one["severity"] ?? "")")) }
    }

    private static func post(_ alerts: [[String: String]], to stack: AlertingStack) async throws {
        var request = URLRequest(url: try url(stack))
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try JSONEncoder().encode(alerts.map { ["labels": $0] })
        let (_, response) = try await URLSession.shared.data(for: request)
        try #require((response as? HTTPURLResponse)?.statusCode == 200)
    }

    private static func states(of stack: AlertingStack) async throws -> [State] {
        try JSONDecoder().decode([State].self, from: try await URLSession.shared.data(from: try url(stack)).0)
    }

    private static func url(_ stack: AlertingStack) throws -> URL {
        try #require(URL(string: "http://127.0.0.1:\(stack.alertmanagerPort)/api/v2/alerts"))
    }
}
