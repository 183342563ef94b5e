import Foundation
import LocalServers
import Testing

/// Days without a bad second, put into Prometheus before it starts.
///
/// A Prometheus that has seen one minute takes each second for a sixtieth of its hour: one bad second would page. An installation
/// has days behind it, and so has a test that says something about one.
struct SteadyHistory: Sendable {
    /// By job, the admin ports of its processes.
    var targets: [String: [Int]]
    var days = 3

    private struct Objectives: Decodable {
        struct Objective: Decodable { var name: String }
        var objectives: [Objective]
    }

    private static let files = [
        "spend-aggregator": "SpendAggregator/Command", "reconciler": "Reconciler", "archiver": "Archiver",
    ]

    /// Writes it as blocks of Prometheus's storage.
    func write(to data: URL, work: URL) async throws {
        let file = work.appending(path: "history.txt")
        let end = Int(Date().timeIntervalSince1970) - 5
        let first = end - days * 86_400
        var text = ""
        for name in ["sluice_objective_seconds", "sluice_objective_bad_seconds"] {
            text += "# TYPE \(name) counter\n"
            for labels in try labels() {
                for moment in moments(from: first, through: end) {
                    text += "\(name)_total{\(labels)} \(name.contains("bad") ? 0 : moment - first) \(moment)\n"
                }
            }
        }
        try Data((text + "# EOF\n").utf8).write(to: file)
        let result = try await ChildProcess.run(
            .init(
                "/usr/bin/promtool",
                ["tsdb", "create-blocks-from", "openmetrics", file.inFileSystem, data.inFileSystem]))
        try #require(result.status.isSuccess, "\(result)")
    }

    private func labels() throws -> [String] {
        try targets.flatMap { job, ports in
            let path = "../Services/\(Self.files[job] ?? job)/objectives.json"
            let text = try Data(contentsOf: DeployedFiles.source.appending(path: path))
            let names = try JSONDecoder().decode(Objectives.self, from: text).objectives.map(\.name)
            return ports.flatMap { port in
                names.map { "job=\"\(job)\",instance=\"127.0.0.1:\(port)\",objective=\"\($0)\"" }
            }
        }
    }

    /// Every five minutes, and every ten seconds of the last ten minutes, over which the shortest windows look.
    private func moments(from first: Int, through end: Int) -> [Int] {
        Array(stride(from: first, to: end - 600, by: 300)) + Array(stride(from: end - 600, through: end, by: 10))
    }
}
