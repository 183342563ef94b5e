import Foundation
import LocalServers
import Postgres
import Testing

/// Objectives speak while the threads that work do not.
@Suite(.serialized)
struct HangingWorkerTests {
    private struct Served: Decodable {
        var name: String
        var value: Double?
        var state: String
        var cause: String?
    }

    private func objectives(_ process: Aggregator) async throws -> [String: Served] {
        let body = try await process.get("/objectives").body
        let served = try JSONDecoder().decode([Served].self, from: Data(body.utf8))
        return Dictionary(uniqueKeysWithValues: served.map { ($0.name, $0) })
    }

    /// Holds a table in a transaction of its own while the closure runs.
    private func withLock(_ table: String, _ scenario: Scenario, _ body: () async throws -> Void) async throws {
        var configuration = PostgresConfiguration(connectionString: scenario.postgres)
        configuration.idleInTransactionTimeoutMilliseconds = 120_000
        let other = try PostgresConnection(configuration)
        defer { other.close() }
        try other.execute("BEGIN")
        try other.execute("LOCK TABLE \(table) IN ACCESS EXCLUSIVE MODE")
        try await body()
        try other.execute("COMMIT")
    }

    @Test(
        "a transaction that holds a table makes freshness grow and availability bad, with the cause, and both recover")
    func lock() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            let process = try scenario.start("a")
            try await scenario.generate(events: 500, seed: 3)
            try await scenario.untilCaughtUp()
            try await until("all is well") {
                let served = try await objectives(process)
                return served["availability"]?.value == 0 && (served["freshness"]?.value ?? 99) < 1
            }
            try await withLock(scenario.minute + "_by_partition", scenario) {
                try await scenario.startStream(events: 500, seed: 4, appends: true).end()
                try await until(
                    "freshness grows past the lock's time-out and its threshold, and the refusal is noticed"
                ) {
                    let served = try await objectives(process)
                    return (served["freshness"]?.value ?? 0) > 15 && (served["availability"]?.value ?? 0) > 0
                }
                let served = try await objectives(process)
                #expect(served["availability"]?.cause?.contains("postgres") == true)
                #expect(try await process.metric("sluice_store_refused_seconds") ?? 0 > 0)
                #expect(
                    try await process.get("/metrics").body.contains("sluice_not_ready_reason{component=\"postgres\""))
            }
            try await until("both recover") {
                let served = try await objectives(process)
                return served["availability"]?.value == 0 && served["freshness"]?.value == 0
            }
            #expect(try await process.get("/metrics").body.contains("sluice_not_ready_reason") == false)
        }
    }

    @Test("a claim that hangs makes freshness grow, although the worker's thread says nothing")
    func claim() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            let first = try scenario.start("a")
            try await scenario.generate(events: 500, seed: 3)
            try await scenario.untilCaughtUp()
            #expect(try await first.terminate() == .exited(0))
            try await withLock(scenario.progress, scenario) {
                let hanging = try scenario.start("b")
                try await until("its claim hangs, and its age grows") {
                    try await (hanging.metric("sluice_oldest_unapplied_age_seconds") ?? 0) > 4
                }
                #expect(hanging.logged("partitions assigned").isEmpty)
                hanging.process.kill()
            }
        }
    }

    @Test("a restart makes no bad second of availability, and none of freshness that pages")
    func restart() async throws {
        try await withScenario { scenario in
            try await scenario.createTopic()
            let stream = try scenario.startStream(events: 20_000, rate: 1_000, seed: 5)
            for instance in ["a", "b", "c"] {
                let process = try scenario.start(instance)
                try await process.waitForFirstCommit()
                try await until("it has sampled") {
                    try await (process.metric("sluice_objective_seconds_total") ?? 0) > 9
                }
                let served = try await objectives(process)
                #expect(served.values.allSatisfy { $0.state == "ok" })
                let bad = try await process.get("/metrics").body.split(separator: "\n").filter {
                    $0.hasPrefix("sluice_objective_bad_seconds_total{objective=\"availability\"}")
                }
                #expect(bad == ["sluice_objective_bad_seconds_total{objective=\"availability\"} 0"])
                #expect(try await process.terminate() == .exited(0))
            }
            try await stream.interrupt()
        }
    }
}
