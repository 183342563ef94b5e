import Foundation
import LocalServers
import Testing

/// Days without a bad second, put into Prometheus before it starts.
///
/// A Prometheus that has seen one minute takes each second for a sixtieth of its hour, and of its three days: one bad second
/// would page. An installation has days behind it, and so has a test that says something about one.
struct SteadyHistory: Sendable {
    struct Series: Sendable {
        var job: String
        var port: Int
        var objective: String
    }

    var series: [Series]
    var days = 3

    /// Writes it as blocks of Prometheus's storage.
    func write(to data: URL, work: URL) async throws {
        let file = work.appending(path: "history.txt")
        let end = Int(Date().timeIntervalSince1970) - 5
        var text = ""
        for name in ["sluice_objective_seconds", "sluice_objective_bad_seconds"] {
            text += "# TYPE \(name) counter\n"
            for each in series {
                let labels = "job=\"\(each.job)\",instance=\"127.0.0.1:\(each.port)\",objective=\"\(each.objective)\""
                for moment in moments(until: end) {
                    let value = name.contains("bad") ? 0 : moment - (end - days * 86_400)
                    text += "\(name)_total{\(labels)} \(value) \(moment)\n"
                }
            }
        }
        text += "# EOF\n"
        try Data(text.utf8).write(to: file)
        let result = try await ChildProcess.run(
            .init(
                "/usr/bin/promtool",
                ["tsdb", "create-blocks-from", "openmetrics", file.inFileSystem, data.inFileSystem]))
        try #require(result.status.isSuccess, "\(result)")
    }

    /// Every five minutes, and every ten seconds of the last ten minutes, over which the shortest windows look.
    private func moments(until end: Int) -> [Int] {
        Array(stride(from: end - days * 86_400, to: end - 600, by: 300))
            + Array(stride(from: end - 600, through: end, by: 10))
    }
}
