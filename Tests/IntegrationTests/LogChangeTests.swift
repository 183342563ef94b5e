import Foundation
import Kafka
import LocalServers
import Streams
import Testing

/// The log is not what it was: the partition stops, says which offsets, and nothing is skipped.
@Suite(.serialized)
struct LogChangeTests {
    private static let start: Int64 = 1_790_000_000_000

    private func clicks(_ count: Int, partition: Int32 = 0, firstID: UInt64) -> [ProducedRecord] {
        (0..<count).map { index in
            .click(firstID + UInt64(index), partition: partition, at: Self.start + Int64(index))
        }
    }

    private func expectStopped(_ scenario: Scenario, _ process: Aggregator, reason: String, offset: Int64) async throws
    {
        let line = try await process.waitFor("partition stopped")
        #expect(line["reason"] == reason)
        let explanation = line["explanation"] ?? ""
        #expect(explanation.contains("\(scenario.topic)/0"))
        #expect(explanation.contains("\(offset)"))
        #expect(
            explanation.contains(
                "sluice progress set --schema-prefix \(scenario.prefix) --job \(scenario.job) --topic \(scenario.topic) --partition 0"
            ))
        let ready = try await process.get("/healthz/ready")
        #expect(ready.status == 503)
        #expect(ready.body.contains(reason) && ready.body.contains(scenario.topic))
        #expect(try await process.get("/healthz/live").status == 200)
        #expect(try await process.metric("sluice_partition_stops_total") == 1)
        try await until("the gauge shows it") { try await process.metric("sluice_partition_stopped") == 1 }
    }

    // pitfall: topic-made-again
    // assumption: same-log
    @Test("A topic made again under the same name, longer than before, while the service is down")
    func madeAgain() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(clicks(100, firstID: 1))
            let first = try scenario.start("a")
            try await scenario.untilCaughtUp()
            try await first.terminate()
            try await scenario.replaceTopic(with: clicks(200, firstID: 1_000))
            let second = try scenario.start("a")
            try await expectStopped(scenario, second, reason: "log_replaced", offset: 99)
            #expect(try scenario.applied() == 100)
            #expect(try await second.terminate() == .exited(0))
        }
    }

    // pitfall: topic-made-again
    // assumption: same-log
    /// One that is already longer when the service reads on can be told only after a lost connection or at the next
    /// assignment: librdkafka knows no topic ids.
    @Test("A topic made again under the same name, shorter than before, while the service runs")
    func madeAgainWhileRunning() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(clicks(100, firstID: 1))
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            try await scenario.replaceTopic(with: clicks(50, firstID: 1_000))
            let line = try await process.waitFor("partition stopped")
            #expect(["log_replaced", "log_truncated"].contains(line["reason"]))
            #expect(try scenario.applied() == 100)
            try await process.terminate()
            #expect(try scenario.applied() == 100)
        }
    }

    // pitfall: log-truncated
    // assumption: same-log
    @Test("A log that ends before what was applied")
    func truncated() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            let records = clicks(100, firstID: 1)
            try await scenario.produce(records)
            let first = try scenario.start("a")
            try await scenario.untilCaughtUp()
            try await first.terminate()
            // The same log, cut off: an unclean election has lost its last records.
            try await scenario.replaceTopic(with: Array(records.prefix(60)))
            let second = try scenario.start("a")
            try await expectStopped(scenario, second, reason: "log_truncated", offset: 99)
            #expect(second.logged("partition stopped").first?["explanation"]?.contains("the log ends at 60") == true)
            #expect(try await second.terminate() == .exited(0))
            // Longer than before by now: other records stand where the lost ones stood.
            try await scenario.produce(clicks(80, firstID: 1_000))
            let third = try scenario.start("a")
            try await expectStopped(scenario, third, reason: "log_replaced", offset: 99)
            #expect(try scenario.database.number("SELECT next_offset FROM \(scenario.progress)") == 100)
            #expect(try scenario.applied() == 100)
            #expect(try await third.terminate() == .exited(0))
        }
    }

    // pitfall: poison-message-set
    // assumption: visible-gaps
    @Test("Offsets that the log does not hold are counted and logged with their bounds")
    func gaps() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            // Each transaction ends with a marker, which takes an offset of its own.
            try await scenario.produce(clicks(10, firstID: 1), transaction: true)
            try await scenario.produce(clicks(10, firstID: 100), transaction: true)
            try await scenario.produce(clicks(1, firstID: 200))
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            let lines = process.logged("offsets skipped by the log")
            #expect(lines.map { $0["from"] } == ["10", "21"])
            #expect(lines.map { $0["through"] } == ["10", "21"])
            #expect(try scenario.database.number("SELECT skipped_offsets FROM \(scenario.progress)") == 2)
            #expect(try scenario.database.number("SELECT sum(clicks) FROM \(scenario.minute)") == 21)
            try await until("the metric shows it") { try await process.metric("sluice_log_skipped_offsets_total") == 2 }
            try await process.terminate()
        }
    }
}
