import Foundation
import LocalServers
import Testing

/// What lies in deploy/alerting, by the tools of those who made Prometheus and Alertmanager.
@Suite(.serialized)
struct AlertingFilesTests {
    private func run(_ program: String, _ arguments: [String]) async throws -> (isSuccess: Bool, text: String) {
        let result = try await ChildProcess.run(.init("/usr/bin/\(program)", arguments))
        return (result.status.isSuccess, result.standardOutput + "\n" + result.standardError)
    }

    @Test("promtool and amtool accept the files as shipped, and as a test has them, with every rule file")
    func accepted() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: TestServers.uniqueName("alerting"))
        defer { try? FileManager.default.removeItem(at: folder) }
        let copy = try DeployedFiles(
            in: folder, targets: ["spend-aggregator": [1, 2]], alertmanagerPort: 3, receiverPort: 4,
            pace: .quick)
        for deploy in [DeployedFiles.source, copy.folder] {
            let prometheus = try await run(
                "promtool", ["check", "config", deploy.appending(path: "alerting/prometheus.yml").inFileSystem])
            #expect(prometheus.isSuccess, "\(prometheus.text)")
            for service in DeployedFiles.services {
                #expect(prometheus.text.contains("/\(service)/alerts.yml"), "\(prometheus.text)")
            }
            let alertmanager = try await run(
                "amtool", ["check-config", deploy.appending(path: "alerting/alertmanager.yml").inFileSystem])
            #expect(alertmanager.isSuccess, "\(alertmanager.text)")
        }
    }

    @Test("Pages and tickets go to receivers of their own", arguments: ["page", "ticket"])
    func routes(severity: String) async throws {
        let file = DeployedFiles.source.appending(path: "alerting/alertmanager.yml").inFileSystem
        let result = try await run(
            "amtool",
            [
                "config", "routes", "test", "--config.file=\(file)", "--verify.receivers=\(severity)s",
                "severity=\(severity)",
            ])
        #expect(result.isSuccess, "\(result.text)")
    }

    @Test("Every alert names a section of its service's runbook that exists", arguments: DeployedFiles.services)
    func runbooks(service: String) throws {
        let folder = DeployedFiles.source.appending(path: service)
        let headings = try String(contentsOf: folder.appending(path: "runbook.md"), encoding: .utf8)
            .split(separator: "\n").filter { $0.hasPrefix("#") }
        let anchors = Set(headings.map(Self.anchor))
        var alerts = 0
        for name in ["alerts.yml", "slo.yml"] {
            guard let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8) else { continue }
            let count = text.matches(of: /- alert:/).count
            let urls = text.matches(of: /runbook_url:.*runbook\.md#([a-z0-9-]+)/).map { String($0.1) }
            #expect(urls.count == count, "\(service)/\(name): \(count) alerts, \(urls.count) addresses")
            for anchor in urls { #expect(anchors.contains(anchor), "\(service)/runbook.md has no section #\(anchor)") }
            alerts += count
        }
        #expect(alerts > 3)
    }

    /// A heading's anchor as GitHub makes it.
    private static func anchor(_ heading: Substring) -> String {
        let text = heading.drop { $0 == "#" || $0 == " " }.lowercased()
        return String(text.compactMap { $0 == " " ? "-" : $0.isLetter || $0.isNumber || "-_".contains($0) ? $0 : nil })
    }
}
