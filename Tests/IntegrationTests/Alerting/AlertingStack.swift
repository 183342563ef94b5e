import Foundation
import FoundationNetworking
import Glibc
import LocalServers
import Testing

/// Prometheus and Alertmanager, as Debian has them, on the files of deploy/, and a receiver of what they say.
final class AlertingStack: Sendable {
    let files: DeployedFiles
    let receiver: WebhookReceiver
    private let prometheusPort: Int
    let alertmanagerPort: Int
    private let prometheus: ChildProcess
    private let alertmanager: ChildProcess

    /// Starts both; their data lie below the folder.
    init(folder: URL, targets: [String: [Int]], pace: DeployedFiles.Pace) throws {
        receiver = try WebhookReceiver()
        let ports = try FreePort.some(2)
        (prometheusPort, alertmanagerPort) = (ports[0], ports[1])
        files = try DeployedFiles(
            in: folder, targets: targets, alertmanagerPort: alertmanagerPort, receiverPort: receiver.port, pace: pace)
        let data = folder.appending(path: "prometheus-data")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        alertmanager = try ChildProcess(
            .init(
                "/usr/bin/prometheus-alertmanager",
                [
                    "--config.file=\(files.alertmanager.inFileSystem)",
                    "--storage.path=\(folder.appending(path: "alertmanager-data").inFileSystem)",
                    "--web.listen-address=127.0.0.1:\(alertmanagerPort)", "--cluster.listen-address=",
                ]))
        prometheus = try ChildProcess(
            .init(
                "/usr/bin/prometheus",
                [
                    "--config.file=\(files.prometheus.inFileSystem)", "--storage.tsdb.path=\(data.inFileSystem)",
                    "--web.listen-address=127.0.0.1:\(prometheusPort)",
                ]))
    }

    /// Ends both, whatever they are at.
    func stop() {
        prometheus.kill()
        alertmanager.kill()
        receiver.close()
    }

    func printLogs() {
        for child in [prometheus, alertmanager] {
            print("--- \(child.name), \(child.exitStatus.map { "\($0)" } ?? "running")")
            for line in child.lines.suffix(15) where !line.contains("level=info") { print(line) }
        }
        for notice in receiver.notices { print("notice \(notice.status) \(notice.labels) \(notice.annotations)") }
    }

    // MARK: Asking Prometheus

    struct Sample: Decodable, Sendable {
        var metric: [String: String]
        var value: Double

        private enum Keys: String, CodingKey { case metric, value }
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            metric = try container.decode([String: String].self, forKey: .metric)
            var pair = try container.nestedUnkeyedContainer(forKey: .value)
            _ = try pair.decode(Double.self)
            value = Double(try pair.decode(String.self)) ?? .nan
        }
    }

    private struct Answer: Decodable {
        struct Content: Decodable { var result: [Sample] }
        var data: Content
    }

    struct RefusedQuery: Error {
        var expression: String
        var answer: String
    }

    /// The answer of a query at this moment.
    func query(_ expression: String) async throws -> [Sample] {
        var components = try #require(URLComponents(string: "http://127.0.0.1:\(prometheusPort)/api/v1/query"))
        components.queryItems = [URLQueryItem(name: "query", value: expression)]
        let plus = components.percentEncodedQuery?.replacingOccurrences(of: "+", with: "%2B")
        components.percentEncodedQuery = plus
        let (data, response) = try await URLSession.shared.data(from: try #require(components.url))
        // Thrown and not recorded: whoever waits for a Prometheus that starts asks it again.
        guard (response as? HTTPURLResponse)?.statusCode == 200 else {
            throw RefusedQuery(expression: expression, answer: String(decoding: data, as: UTF8.self))
        }
        return try JSONDecoder().decode(Answer.self, from: data).data.result
    }

    /// Waits until every target has been scraped and answers.
    func untilScraped(_ targets: Int) async throws {
        try await until("\(targets) targets answer") {
            (try? await query("up == 1"))?.count == targets
        }
    }

    /// The alerts that fire now, `NAME severity` each, those that Alertmanager holds back included.
    func firing() async throws -> Set<String> {
        Set(try await query(#"ALERTS{alertstate="firing"}"#).map(Self.nameAndSeverity))
    }

    /// The same, of every alert that has fired at any time.
    func everFired() async throws -> Set<String> {
        Set(try await query(#"last_over_time(ALERTS{alertstate="firing"}[1h])"#).map(Self.nameAndSeverity))
    }

    private static func nameAndSeverity(_ sample: Sample) -> String {
        "\(sample.metric["alertname"] ?? "") \(sample.metric["severity"] ?? "")"
    }

    // MARK: What arrived

    /// Waits until a message about an alert comes that came after a moment.
    func notice(
        of name: String, severity: String = "page", firing: Bool = true, since: ContinuousClock.Instant,
        within limit: Duration
    ) async throws -> WebhookReceiver.Notice {
        var found: WebhookReceiver.Notice?
        try await until("\(name) (\(severity)) \(firing ? "fires" : "is resolved")", within: limit) {
            found = receiver.notices.first {
                $0.name == name && $0.severity == severity && $0.isFiring == firing && $0.at >= since
            }
            return found != nil
        }
        return try #require(found)
    }
}

extension URL {
    /// The path as programs take it.
    var inFileSystem: String { path(percentEncoded: false) }
}
