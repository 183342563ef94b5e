import ArgumentParser
import Foundation
import LocalServers

/// Measures the service as it is shipped: a broker, PostgreSQL, one `spend-aggregator`.
@main
struct ServiceBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service-benchmark",
        abstract: "CPU time, rate, memory, allocations, latency and recovery of one spend-aggregator.",
        discussion: """
            Servers are started here and removed at the end, unless SLUICE_KAFKA_BROKERS and SLUICE_POSTGRES name \
            some. CPU time is the service's own, with librdkafka's threads; the servers' is printed beside it.
            """)

    @Option(help: "The folder of the programs.")
    var programs: String
    @Option(help: "The shared library that counts allocations.")
    var allocationCounter: String
    @Option(help: "Records of the loads.")
    var events: Int64 = 4_000_000
    @Option(help: "Runs of each load.")
    var runs = 3
    @Option(help: "Campaigns.")
    var campaigns = 10_000
    @Option(help: "Records a second of the live run.")
    var rate: Int64 = 50_000
    @Option(help: "Seconds of the live run.")
    var liveSeconds: Int64 = 40
    @Option(help: "Ids within the horizon while the service is killed.")
    var ids: Int64 = 1_000_000
    @Option(help: "How often it is killed.")
    var kills = 20
    @Option(help: "What to run.")
    var parts: [Part] = Part.allCases

    enum Part: String, ExpressibleByArgument, CaseIterable { case backlog, allocations, flood, live, signals, kills }

    func run() async throws {
        let bench = try Bench(servers: try await TestServers.shared(), programs: programs)
        if parts.contains(.backlog) || parts.contains(.allocations) { try await backlog(bench) }
        if parts.contains(.flood) {
            for number in 1...runs {
                report("flood \(number)", try await bench.flood(total: events, campaigns: campaigns), events)
            }
        }
        if parts.contains(.live) { try await live(bench) }
        if parts.contains(.signals) { try await signals(bench) }
        if parts.contains(.kills) {
            let times = try await bench.kills(kills, ids: ids, campaigns: campaigns).sorted()
            say(
                "kill to first commit, \(ids) ids, \(times.count) kills: "
                    + "min \(Int(times[0])) ms, p50 \(Int(times[times.count / 2])) ms, "
                    + "p99 \(Int(times[(times.count * 99 + 99) / 100 - 1])) ms")
        }
    }

    private func backlog(_ bench: Bench) async throws {
        let topic = bench.servers.uniqueName("bench_backlog")
        let truth = "\(bench.folder)/\(topic).truth"
        try await bench.sluice([
            "generate", "--quiet", "--topic", topic, "--events", "\(events)", "--campaigns", "\(campaigns)", "--span",
            "8m", "--truth", truth,
        ])
        if parts.contains(.backlog) {
            for number in 1...runs {
                let result = try await bench.catchUp(topic: topic, total: events, truth: truth)
                report("backlog \(number)", result, events)
            }
        }
        if parts.contains(.allocations) {
            let result = try await bench.catchUp(
                topic: topic, total: events, truth: truth, counter: allocationCounter)
            guard result.allocationRecords > 0 else {
                say("allocations: the topic was read within one checkpoint; give more --events")
                return
            }
            say("allocations over \(result.allocationRecords) records, by thread:")
            for (name, count) in result.allocations.sorted(by: { $0.value > $1.value }) where count > 0 {
                say(
                    "  \(name): \(count), \(format(Double(count) / Double(max(1, result.allocationRecords)), 5)) a record"
                )
            }
            say("  \(result.verdict)")
        }
    }

    private func live(_ bench: Bench) async throws {
        let (ages, times) = try await bench.freshness(rate: rate, seconds: liveSeconds, campaigns: campaigns)
        say(
            "live at \(rate)/s for \(liveSeconds) s, \(ages.records) records: event to committed p50 "
                + "\(ages.quantile(0.5)) ms, p99 \(ages.quantile(0.99)) ms, max \(ages.quantile(1)) ms; "
                + "CPU-s per million \(format(times.seconds * 1e6 / Double(rate * liveSeconds), 3)), "
                + "RSS peak \(times.residentPeakMebibytes) MiB")
    }

    private func signals(_ bench: Bench) async throws {
        let result = try await bench.signals(rate: 20_000, seconds: liveSeconds)
        let times = result.milliseconds.sorted()
        guard !times.isEmpty else { throw BenchError("no signal came") }
        say(
            "signals at 20000/s for \(liveSeconds) s, \(times.count) crossings: from the event that crosses to the visible "
                + "signal p50 \(Int(times[times.count / 2])) ms, p99 \(Int(times[(times.count * 99 + 99) / 100 - 1])) ms, max "
                + "\(Int(times[times.count - 1])) ms; missing \(result.missing), not expected or repeated \(result.surplus); "
                + "service CPU-s per million \(format(result.times.seconds * 1e6 / Double(20_000 * liveSeconds), 3))")
    }

    private func report(_ title: String, _ result: Bench.LoadResult, _ total: Int64) {
        let millions = Double(total) / 1e6
        let threads = result.times.byThread.sorted { $0.value > $1.value }.prefix(4)
            .map { "\($0.key) \(format($0.value / millions, 3))" }.joined(separator: ", ")
        say(
            """
            \(title): \(format(result.seconds, 1)) s from start, \(Int(Double(total) / result.seconds)) records/s; \
            from the first commit \(Int(Double(result.recordsFromFirstCommit) / max(result.secondsFromFirstCommit, 0.001)))/s
              service CPU-s per million \(format(result.times.seconds / millions, 3)) (\(threads))
              broker \(format(result.brokerSeconds / millions, 3)), PostgreSQL \(format(result.postgresSeconds / millions, 3)), \
            RSS peak \(result.times.residentPeakMebibytes) MiB
              \(result.verdict)
            """)
    }

    private func format(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    private func say(_ text: String) {
        print(text)
        fflush(nil)
    }
}
