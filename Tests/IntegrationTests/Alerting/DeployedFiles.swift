import Foundation
import Testing

/// The files of deploy/ as an installation has them, in a folder of a test's own.
///
/// What is changed in them is changed as text and said here: addresses, how often Prometheus looks and how long Alertmanager
/// waits for more, and, where a test asks for it, the windows of the rules.
struct DeployedFiles: Sendable {
    /// How the shipped files are changed beyond addresses.
    enum Pace: Sendable {
        /// Not at all: what is measured is what an installation sees.
        case shipped
        /// Looks every second and waits a second, and shortens the windows of five and thirty minutes of the generated rules
        /// (slo.yml) to 15 and 90 s. A page by burn rate begins when its long window, of one or six hours, has seen enough
        /// bad seconds: that stays as shipped. It ends when its short window has lost them, which takes five minutes as
        /// shipped, and seconds here.
        case quick
    }

    static let services = ["spend-aggregator", "reconciler", "archiver"]
    private static let shippedPorts = ["spend-aggregator": 9464, "archiver": 9465, "reconciler": 9466]

    /// The checkout's own folder.
    static let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "deploy")

    let folder: URL
    var prometheus: URL { folder.appending(path: "alerting/prometheus.yml") }
    var alertmanager: URL { folder.appending(path: "alerting/alertmanager.yml") }

    /// Writes them below a folder.
    /// - Parameter targets: the admin ports of each service's processes; a service without any is not scraped.
    init(in parent: URL, targets: [String: [Int]], alertmanagerPort: Int, receiverPort: Int, pace: Pace) throws {
        folder = parent.appending(path: "deploy")
        func copy(_ path: String, _ change: (String) throws -> String) throws {
            let target = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            let text = try String(contentsOf: Self.source.appending(path: path), encoding: .utf8)
            try Data(try change(text).utf8).write(to: target)
        }
        for service in Self.services {
            try copy("\(service)/alerts.yml") { $0 }
            try copy("\(service)/slo.yml") { text in
                guard case .quick = pace else { return text }
                return try [
                    ("[5m])), 300)", "[15s])), 15)"), ("[5m]", "[15s]"), ("[30m])), 1800)", "[90s])), 90)"),
                    ("[30m]", "[90s]"), ("interval: 5s", "interval: 1s"),
                ].reduce(text) { try Self.replacing($1.0, $1.1, in: $0) }
            }
        }
        try copy("alerting/prometheus.yml") { text in
            var text = try Self.replacing("127.0.0.1:9093", "127.0.0.1:\(alertmanagerPort)", in: text)
            for (service, port) in Self.shippedPorts {
                let addresses = (targets[service] ?? []).map { "\"127.0.0.1:\($0)\"" }.joined(separator: ", ")
                text = try Self.replacing("[\"127.0.0.1:\(port)\"]", "[\(addresses)]", in: text)
            }
            guard case .quick = pace else { return text }
            text = try Self.replacing("scrape_timeout: 4s", "scrape_timeout: 1s", in: text)
            text = try Self.replacing("scrape_interval: 5s", "scrape_interval: 1s", in: text)
            return try Self.replacing("evaluation_interval: 5s", "evaluation_interval: 1s", in: text)
        }
        try copy("alerting/alertmanager.yml") { text in
            let text = try Self.replacing("http://127.0.0.1:9099/", "http://127.0.0.1:\(receiverPort)/", in: text)
            guard case .quick = pace else { return text }
            return try Self.replacing(
                "group_interval: 15s", "group_interval: 1s",
                in: Self.replacing("group_wait: 5s", "group_wait: 1s", in: text))
        }
    }

    /// A change that changes nothing would test something else than it says.
    private static func replacing(_ old: String, _ new: String, in text: String) throws -> String {
        try #require(text.contains(old), "the shipped file has no \(old)")
        return text.replacingOccurrences(of: old, with: new)
    }
}
