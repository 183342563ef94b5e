import Foundation
import LocalServers
import Objectives
import Testing

@testable import Sluice

/// The rules and dashboards that are generated, by Prometheus' own tools.
struct GeneratedObjectivesTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path(percentEncoded: false)

    private func promtool(_ arguments: [String]) async throws -> (isSuccess: Bool, text: String) {
        let result = try await ChildProcess.run(.init("/usr/bin/promtool", arguments))
        return (result.status.isSuccess, result.standardOutput + result.standardError)
    }

    @Test("what is generated is what lies in deploy/, and --check says which file is not")
    func current() async throws {
        let declared = try DeclaredObjectives.read(root: Self.root)
        #expect(declared.map(\.file.service) == ["spend-aggregator", "archiver", "reconciler"])
        let folder = try TemporaryFolder()
        for one in declared {
            try folder.write(
                try String(contentsOfFile: Self.root + "/" + one.path, encoding: .utf8), to: one.path)
            for (path, text) in try one.generated(runbookBase: "") {
                try folder.write("", to: path)
                #expect(
                    try String(contentsOfFile: Self.root + "/" + path, encoding: .utf8) == text,
                    "\(path): make objectives")
            }
        }
        let place = ["objectives", "generate", "--root", folder.path]
        #expect(await SluiceCommand.execute(place + ["--check"]) == 1)
        #expect(await SluiceCommand.execute(place) == 0)
        #expect(await SluiceCommand.execute(place + ["--check"]) == 0)
        #expect(await SluiceCommand.execute(place + ["--check", "--runbook-base", "https://wiki.example/"]) == 1)
        try folder.write("groups: []\n", to: "deploy/archiver/slo.yml")
        #expect(await SluiceCommand.execute(place + ["--check"]) == 1)
        try folder.write("{", to: declared[0].path)
        #expect(await SluiceCommand.execute(place) == 2)
    }

    @Test("each expression of a dashboard is one that Prometheus parses, and no panel lies on another")
    func dashboards() async throws {
        let folder = try TemporaryFolder()
        for declared in try DeclaredObjectives.read(root: Self.root) {
            let dashboard = Dashboard(declared.file, source: declared.path)
            #expect(dashboard.expressions.count > 10)
            var rules = "groups:\n  - name: dashboard\n    rules:\n"
            for (index, expression) in dashboard.expressions.enumerated() {
                let quoted = expression.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
                rules += "      - record: test:\(index)\n        expr: '\(quoted)'\n"
            }
            let path = try folder.write(rules, to: "\(declared.file.service).yml")
            let result = try await promtool(["check", "rules", path])
            #expect(result.isSuccess, "\(result.text)")
            let json = try JSONSerialization.jsonObject(with: Data(dashboard.text.utf8)) as? [String: Any]
            let panels = try #require(json?["panels"] as? [[String: Any]])
            var taken: Set<[Int]> = []
            for panel in panels {
                let place = try #require(panel["gridPos"] as? [String: Int])
                for x in place["x"]!..<place["x"]! + place["w"]! {
                    #expect(x < 24)
                    for y in place["y"]!..<place["y"]! + place["h"]! {
                        #expect(taken.insert([x, y]).inserted, "\(panel["title"] ?? ""): \(x), \(y)")
                    }
                }
            }
            #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count)
        }
    }

    /// A stretch of seconds that are all good or all bad.
    private struct Stretch {
        var seconds: Int
        var isBad: Bool
    }

    @Test(
        "the process comes to the verdicts of the rules, as promtool finds them, on the same seconds",
        arguments: [
            [3_600, -24, 600], [3_600, -36, 120, -4, 200, 300], [20, -40, 400], [1_800, -180, 1_500, 900],
            [600, -10, 300, -10, 300, -12, 300],
        ])
    func verdicts(script: [Int]) async throws {
        let declared = try #require(try DeclaredObjectives.read(root: Self.root).first)
        let stretches = script.map { Stretch(seconds: abs($0), isBad: $0 < 0) }
        var evaluator = ObjectiveEvaluator(declared.file, instance: "a")
        var second: Int64 = 0
        var bad = 0
        var counters: [(all: Int64, bad: Int)] = [(0, 0)]
        var states: [ObjectiveStatus.State] = [.ok]
        for stretch in stretches {
            for _ in 0..<stretch.seconds {
                second += 1
                bad += stretch.isBad ? 1 : 0
                _ = evaluator.sampled(
                    ["freshness": Indication(stretch.isBad ? 100 : 0)], readiness: nil, atMonotonicSeconds: second,
                    unixMilliseconds: second * 1_000)
                guard second % 10 == 0 else { continue }
                counters.append((second, bad))
                states.append(evaluator.statuses[0].state)
            }
        }
        // Where the state is about to change or has just done so, extrapolation and the buckets' length may decide.
        let steady = states.indices.filter { index in
            let around = states[max(0, index - 2)...min(states.count - 1, index + 2)]
            return Set(around).count == 1
        }
        let sampled = steady.filter { $0 % 6 == 0 || states[$0] != .ok && $0 % 2 == 0 }
        #expect(sampled.contains { states[$0] == .ok })
        #expect(sampled.contains { states[$0] == .page } == (bad > 26))
        let folder = try TemporaryFolder()
        let labels = #"{job="spend-aggregator",instance="a",objective="freshness"}"#
        var test = """
            rule_files: [\(Self.root)/deploy/spend-aggregator/slo.yml]
            evaluation_interval: 10s
            group_eval_order: [spend-aggregator-objectives, spend-aggregator-objectives-slow]
            tests:
              - interval: 10s
                input_series:
                  - series: 'sluice_objective_seconds_total\(labels)'
                    values: \(counters.map { "\($0.all)" }.joined(separator: " "))
                  - series: 'sluice_objective_bad_seconds_total\(labels)'
                    values: \(counters.map { "\($0.bad)" }.joined(separator: " "))
                promql_expr_test:

            """
        for index in sampled {
            // The same alert has a page's and a ticket's rule; the page counts where both fire.
            let pages = "count(ALERTS{alertname=\"SluiceResultsOld\",severity=\"page\"}) or vector(0)"
            let any = "count(ALERTS{alertname=\"SluiceResultsOld\"} ) > bool 0 or vector(0)"
            let state = states[index]
            test += """
                      - {expr: '\(pages)', eval_time: \(index * 10)s, exp_samples: [{value: \(state == .page ? 1 : 0), labels: '{}'}]}
                      - {expr: '\(any)', eval_time: \(index * 10)s, exp_samples: [{value: \(state == .ok ? 0 : 1), labels: '{}'}]}

                """
        }
        let path = try folder.write(test, to: "verdicts_test.yml")
        let result = try await promtool(["test", "rules", path])
        #expect(result.isSuccess, "\(result.text)")
    }

    @Test("an alert's name is used once over all services")
    func uniqueAlerts() throws {
        let folder = try TemporaryFolder()
        for path in DeclaredObjectives.paths {
            try folder.write(
                try String(contentsOfFile: Self.root + "/" + DeclaredObjectives.paths[0], encoding: .utf8), to: path)
        }
        let error = #expect(throws: CommandFailure.self) { _ = try DeclaredObjectives.read(root: folder.path) }
        #expect(error?.message.contains("an alert's name is used once") == true)
    }
}

extension TemporaryFolder {
    /// Writes a file and the folders that it is in, and gives its whole path.
    @discardableResult
    fileprivate func write(_ text: String, to name: String) throws -> String {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
        return file.path(percentEncoded: false)
    }
}
