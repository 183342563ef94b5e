import Foundation
import LocalServers
import Testing

/// The broker goes away while the service reads from it.
@Suite(.serialized)
struct BrokerOutageTests {
    private static let events = 60_000

    /// Nothing is written while the broker stops: the local one has been seen to acknowledge records while it ends
    /// and not to have them afterwards.
    @Test("A broker stopped in order and started again, three times while records wait: no loss, no repetition")
    func restarts() async throws {
        try await withLocalBroker { broker in
            try await withScenario(brokers: broker.brokers) { scenario in
                try await scenario.createTopic()
                let process = try scenario.start("a", checkpoint: "1s")
                try await process.waitFor("partitions assigned")
                for round in 0..<3 {
                    // Every third id was sent before.
                    try await scenario.produce(
                        (0..<10_000).map { index in
                            .click(
                                UInt64(round * 10_000 + (index % 3 == 2 ? index - 1 : index)),
                                partition: Int32(index % 4 / 2),
                                at: 1_790_000_000_000 + Int64(round * 10_000 + index))
                        })
                    // Some of it is read and not committed, the rest is not read yet.
                    try await broker.stop()
                    try await startAgain { try await broker.start() }
                }
                try await scenario.untilCaughtUp()
                let log = try await LogReader.totals(scenario, partitions: [0, 1, 2, 3])
                #expect(log.counted + log.duplicates == 30_000)
                #expect(try LogReader.results(scenario, partitions: [0, 1, 2, 3]) == log)
                #expect(process.logged("partition stopped").isEmpty)
                try await until("it is ready") { try await process.get("/healthz/ready").status == 200 }
                #expect(try await process.terminate() == .exited(0))
            }
        }
    }

    // pitfall: log-truncated
    // assumption: same-log
    @Test("A broker that is killed: what it lost is noticed, or nothing was lost")
    func killed() async throws {
        try await withLocalBroker { broker in
            try await withScenario(brokers: broker.brokers) { scenario in
                try await scenario.createTopic()
                let process = try scenario.start("a", checkpoint: "50ms")
                try await process.waitFor("partitions assigned")
                let stream = try scenario.startStream(
                    events: Self.events, rate: 10_000, seed: 42,
                    flags: ["--kafka-property", "message.timeout.ms=10000"])
                try await until("half is applied") { try scenario.applied() >= Int64(Self.events / 2) }
                try await broker.kill()
                stream.process.kill()
                try await startAgain { try await broker.start() }

                // Every partition either goes on to the log's end or stops because the log is not what it was.
                let ends = try await LogReader.ends(scenario)
                var behind: [Int32] = []
                try await until("every partition has gone on or stopped", within: .seconds(90)) {
                    let stopped = Set(
                        process.logged("partition stopped").compactMap { $0["partition"].flatMap { Int32($0) } })
                    let reached = try LogReader.progress(scenario)
                    behind = ends.filter { reached[$0.key] ?? 0 > $0.value || stopped.contains($0.key) }.keys.sorted()
                    return ends.allSatisfy { reached[$0.key] ?? 0 == $0.value || stopped.contains($0.key) }
                }
                for line in process.logged("partition stopped") {
                    #expect(["log_truncated", "log_replaced"].contains(line["reason"]), "\(line.fields)")
                }
                // Where nothing was lost, the results are those of the log that survived.
                let sound = ends.keys.filter { !behind.contains($0) }
                let survived = try await LogReader.totals(scenario, partitions: sound)
                #expect(try LogReader.results(scenario, partitions: sound) == survived)
                print("killed broker: \(behind.count) of \(ends.count) partitions had lost applied records")

                // Nothing more is written where the log is another one.
                let before = try LogReader.progress(scenario)
                try await LogReader.append(scenario, to: behind)
                try await process.terminate()
                let after = try LogReader.progress(scenario)
                for partition in behind { #expect(after[partition] == before[partition]) }
            }
        }
    }
}
