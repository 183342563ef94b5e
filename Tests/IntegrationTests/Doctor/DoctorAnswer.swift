import Foundation
import LocalServers
import Testing

/// What `sluice doctor --json --all` said, as a reader of the JSON sees it.
struct DoctorAnswer: Decodable, Sendable {
    struct Finding: Decodable, Sendable {
        struct Step: Decodable, Sendable {
            var text: String
            var command: String?
        }
        var cause: String
        var title: String
        var likelihood: Double
        var evidence: [String]
        var nextSteps: [Step]
        var runbook: String?

        var commands: String { nextSteps.compactMap(\.command).joined(separator: "\n") }
        var seen: String { evidence.joined(separator: "\n") }
    }

    var findings: [Finding]
    var notExamined: [String]
    var healthy: [String]
    var at: Int64
}

extension Aggregator {
    /// Its admin endpoint, whose port stands in the log.
    func adminURL() async throws -> String {
        "http://127.0.0.1:\(try #require(try await waitFor("admin endpoint listens")["port"]))"
    }
}

extension Scenario {
    /// What doctor may take, whatever hangs; a busy machine gets more.
    private static let limit = Duration.seconds(12)

    /// Runs `sluice doctor` once about this scenario's job.
    func doctor(
        _ processes: [Aggregator], postgres: String? = nil, flags: [String] = []
    ) async throws -> (answer: DoctorAnswer, status: ChildProcess.ExitStatus) {
        var arguments = [
            "doctor", "--json", "--all", "--postgres", postgres ?? self.postgres, "--schema-prefix", prefix, "--job",
            job,
            "--kafka-brokers", brokers, "--topic", topic,
        ]
        for process in processes {
            arguments += [
                "--service", "\(process.instance.split(separator: "-").last ?? "")=\(try await process.adminURL())",
            ]
        }
        let start = ContinuousClock.now
        let result = try await sluice(arguments + flags)
        let took = start.duration(to: .now)
        #expect(took < Patience.stretching(Self.limit), "doctor took \(took)")
        let answer = try #require(
            try? JSONDecoder().decode(DoctorAnswer.self, from: Data(result.standardOutput.utf8)),
            "\(result.status): \(result.standardOutput) \(result.standardError)")
        return (answer, result.status)
    }

    /// The first finding is the true cause, comes with evidence and a next step, and the command says so by its exit code.
    @discardableResult
    func expectFirst(
        _ cause: String, _ processes: [Aggregator], postgres: String? = nil, flags: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> DoctorAnswer.Finding? {
        let (answer, status) = try await doctor(processes, postgres: postgres, flags: flags)
        let order = answer.findings.map { "\($0.cause) \($0.likelihood): \($0.title) \($0.evidence)" }
        #expect(
            answer.findings.first?.cause == cause, "\(order.joined(separator: "\n"))", sourceLocation: sourceLocation)
        #expect(status == .exited(1), sourceLocation: sourceLocation)
        let first = answer.findings.first
        #expect(first?.evidence.isEmpty == false, sourceLocation: sourceLocation)
        #expect(first?.nextSteps.isEmpty == false, sourceLocation: sourceLocation)
        if let runbook = first?.runbook {
            #expect(Self.hasSection(runbook), "\(runbook)", sourceLocation: sourceLocation)
        }
        return first
    }

    func expectHealthy(
        _ processes: [Aggregator], postgres: String? = nil, flags: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        // A worker says up to a second after its first commit that it has started.
        for process in processes {
            try await until("it is ready") { try await process.get("/healthz/ready").status == 200 }
        }
        let (answer, status) = try await doctor(processes, postgres: postgres, flags: flags)
        #expect(answer.findings.map(\.title) == [], "\(answer)", sourceLocation: sourceLocation)
        #expect(answer.notExamined == [], sourceLocation: sourceLocation)
        #expect(status == .exited(0), sourceLocation: sourceLocation)
        #expect(answer.healthy.count >= 5, "\(answer.healthy)", sourceLocation: sourceLocation)
    }

    /// Whether the page has a heading of this anchor, as GitHub makes anchors.
    private static func hasSection(_ link: String) -> Bool {
        let parts = link.split(separator: "#")
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        guard parts.count == 2,
            let page = try? String(contentsOf: root.appending(path: String(parts[0])), encoding: .utf8)
        else { return false }
        return page.split(separator: "\n").contains { line in
            guard line.hasPrefix("#") else { return false }
            let title = line.drop { $0 == "#" }.dropFirst().lowercased()
            return title.filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
                .split(separator: " ", omittingEmptySubsequences: false).joined(separator: "-") == parts[1]
        }
    }
}
