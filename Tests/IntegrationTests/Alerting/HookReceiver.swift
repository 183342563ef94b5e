import Foundation
import LocalServers
import Testing

/// `deploy/alerting/receiver.py`, which takes only what is signed right, beside a scenario.
struct HookReceiver: Sendable {
    /// An alert, or the end of one, as the receiver kept it.
    struct Notice: Sendable, Decodable {
        var status: String
        var labels: [String: String]
        var annotations: [String: String]

        var name: String { labels["alertname"] ?? "" }
    }

    let process: ChildProcess
    /// What an aggregator is started with.
    let flags: [String]
    private let out: String

    init(_ scenario: Scenario) async throws {
        let secret = scenario.folder.appending(path: "hook-secret").path(percentEncoded: false)
        out = scenario.folder.appending(path: "alerts.jsonl").path(percentEncoded: false)
        let key = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
        try Data("whsec_\(key)\n".utf8).write(to: URL(filePath: secret))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "deploy/alerting/receiver.py")
        process = try scenario.spawn(
            "python3",
            ["-B", script.path(percentEncoded: false), "--secret-file", secret, "--port", "0", "--out", out],
            environment: [:])
        let line = try await process.waitForLine { $0.hasPrefix("listening on port ") }
        flags = [
            "--hooks-url", "http://127.0.0.1:\(line.dropFirst("listening on port ".count))/hook", "--hooks-allow",
            "127.0.0.1", "--hooks-secret-file", secret, "--hooks-group-interval", "2s",
        ]
    }

    var notices: [Notice] {
        get throws {
            guard let data = FileManager.default.contents(atPath: out) else { return [] }
            return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Notice.self, from: $0) }
        }
    }

    /// Waits for an alert, or for the end of one.
    @discardableResult
    func notice(_ name: String, _ status: String, within limit: Duration) async throws -> Notice {
        var found: Notice?
        try await until("\(name) is \(status)", within: limit, every: .milliseconds(100)) {
            found = try notices.first { $0.name == name && $0.status == status }
            return found != nil
        }
        return try #require(found)
    }
}
