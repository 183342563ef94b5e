import Foundation
import Kafka
import LocalServers
import Streams
import Testing

/// What goes wrong with the log, on real servers.
@Suite(.serialized)
struct LogPitfallTests {
    private static let start: Int64 = 1_790_000_000_000

    private func clicks(_ ids: Range<UInt64>, partition: Int32 = 0) -> [ProducedRecord] {
        ids.map { .click($0, partition: partition, at: Self.start + Int64($0)) }
    }

    private func total(_ scenario: Scenario) throws -> Int64? {
        try scenario.database.number("SELECT sum(clicks) FROM \(scenario.minute)")
    }

    // pitfall: retention-overtakes
    // assumption: retention
    @Test("Retention overtakes a reader at work: what it had read is committed, the rest is named and nothing skipped")
    func retentionOvertakesAReaderAtWork() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(clicks(0..<100))
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            // It stands still while the log moves on and loses its first records.
            process.freeze()
            try await scenario.produce(clicks(100..<1_000))
            try await scenario.removeRecords(before: 900)
            process.thaw()
            let line = try await process.waitFor("partition stopped")
            #expect(line["reason"] == "records_gone" && line["partition"] == "0" && line["topic"] == scenario.topic)
            let explanation = line["explanation"] ?? ""
            // A fetch that was on its way may have brought some of them before they were removed.
            let first = try #require(
                explanation.split(separator: " ").drop { $0 != "offsets" }.dropFirst().first.flatMap { Int64($0) })
            #expect((100...900).contains(first))
            for part in [
                "\(scenario.topic)/0: offsets \(first) to 899 were removed", "the log begins at 900", "retention",
                "sluice progress set --schema-prefix \(scenario.prefix) --job \(scenario.job) --topic \(scenario.topic) --partition 0 --accept-gap-to 900",
            ] { #expect(explanation.contains(part), "\(explanation)") }
            try await until("what was read is committed") { try scenario.applied() == first }
            try await until("readiness says so") {
                let ready = try await process.get("/healthz/ready")
                return ready.status == 503 && ready.body.contains("records_gone")
            }
            #expect(try await process.get("/healthz/live").status == 200)
            #expect(try await process.metric("sluice_partition_stops_total") == 1)
            #expect(try await process.terminate() == .exited(0))
            #expect(try scenario.applied() == first && total(scenario) == first)

            try await scenario.expectSet(0, ["--accept-gap-to", "900"])
            let second = try scenario.start("a")
            try await scenario.untilCaughtUp()
            #expect(try total(scenario) == first + 100)
            #expect(try await second.terminate() == .exited(0))
        }
    }

    // pitfall: partition-count-grows
    // assumption: partitioning
    @Test("A topic grows under a running service: rows by business key, new partitions logged and counted")
    func partitionCountGrows() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(clicks(0..<50))
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            let (kafka, topic) = (scenario.kafka, scenario.topic)
            try await onThread { try KafkaAdmin(configuration: kafka).growTopic(topic, toPartitions: 3) }
            // Repeats of 0 to 9 land elsewhere now, and count again: `explain` says so.
            try await scenario.produce(clicks(0..<10, partition: 1) + clicks(100..<140, partition: 2))
            try await scenario.untilCaughtUp()
            #expect(try total(scenario) == 100)
            #expect(try scenario.database.number("SELECT count(*) FROM \(scenario.minute)") == 1)
            let seen = process.logged("partition seen for the first time")
            #expect(seen.map { $0["partition"] } == ["0", "1", "2"])
            #expect(seen.allSatisfy { $0["topic"] == topic && $0["offset"] == "0" })
            #expect(seen.last?["explanation"]?.contains("the topic has grown") == true)
            #expect(try await process.metric("sluice_partitions_appeared_total") == 3)
            #expect(try await process.terminate() == .exited(0))
        }
    }

    // pitfall: poison-message-set
    // assumption: visible-gaps
    @Test("A topic that is declared contiguous and skips an offset stops; what stood before it is committed")
    func contiguousTopicWithAGap() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            // The transaction's marker takes offset 10.
            try await scenario.produce(clicks(0..<10), transaction: true)
            try await scenario.produce(clicks(20..<30))
            let flags = ["--kafka-contiguous", "true"]
            let process = try scenario.start("a", flags: flags)
            let line = try await process.waitFor("partition stopped")
            #expect(line["reason"] == "offsets_missing")
            let explanation = line["explanation"] ?? ""
            for part in [
                "\(scenario.topic)/0: ", "does not hold offsets 10 to 10", "kafka.contiguous", "--accept-gap-to 11",
            ] { #expect(explanation.contains(part), "\(explanation)") }
            try await until("what stood before is committed") { try scenario.applied() == 10 }
            #expect(try await process.terminate() == .exited(0))
            #expect(try scenario.database.number("SELECT next_offset FROM \(scenario.progress)") == 10)
            // The log's bounds reach over the offset, and no record stands there.
            let shown = try await scenario.setProgress(0, ["--accept-gap-to", "11", "--dry-run"])
            #expect(shown.standardOutput.contains("1 of them; the log has none of them"), "\(shown)")
            let more = try await scenario.setProgress(0, ["--accept-gap-to", "13", "--dry-run"])
            #expect(more.standardOutput.contains("STILL HOLDS up to 2;"), "\(more)")
            try await scenario.expectSet(0, ["--accept-gap-to", "11"])
            let second = try scenario.start("a", flags: flags)
            // What stood before the gap is remembered: its repeats do not count.
            try await scenario.produce(clicks(5..<10))
            try await scenario.untilCaughtUp()
            #expect(try total(scenario) == 20)
            #expect(try scenario.database.number("SELECT duplicates FROM \(scenario.progress)") == 5)
            #expect(try await second.terminate() == .exited(0))
        }
    }

    // pitfall: idle-partitions
    @Test("An idle partition and a skewed one hold nothing back; late money is added to its minute and counted")
    func idleAndSkewedPartitions() async throws {
        try await withScenario(partitions: 3) { scenario in
            try await scenario.createTopic()
            let hour: Int64 = 3_600_000
            // Partition 0 is far ahead of partition 1, partition 2 holds nothing.
            try await scenario.produce([
                .click(1, partition: 0, at: Self.start), .click(2, partition: 0, at: Self.start + 10 * hour),
                .click(3, partition: 1, at: Self.start),
            ])
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            #expect(try total(scenario) == 3)
            // Ten hours late in its own partition; in time in the other one, whatever partition 0 has seen.
            try await scenario.produce([
                .click(4, partition: 0, at: Self.start), .click(5, partition: 1, at: Self.start),
            ])
            try await scenario.untilCaughtUp()
            #expect(try total(scenario) == 5)
            #expect(
                try scenario.database.rows("SELECT clicks, late_events FROM \(scenario.minute) ORDER BY minute")
                    == [["4", "1"], ["1", "0"]])
            #expect(
                try scenario.database.rows(
                    """
                    SELECT partition, late_events, (extract(epoch FROM watermark) * 1000)::int8
                    FROM \(scenario.progress) ORDER BY partition
                    """) == [
                        ["0", "1", "\(Self.start + 10 * hour - 30_000)"], ["1", "0", "\(Self.start - 30_000)"],
                        ["2", "0", nil],
                    ])
            // The reason is visible: the idle one has no watermark, and none of the metrics pretends one for it.
            let progress = try await scenario.sluice(
                ["progress", "--format", "csv", "--kafka-brokers", scenario.brokers] + scenario.installation)
            let idle = try #require(progress.standardOutput.split(separator: "\r\n").last)
            #expect(idle.hasPrefix("\(scenario.topic),2,") && idle.contains(",1,,0,,0,"), "\(idle)")
            try await until("the late event is counted") {
                try await process.metric("sluice_records_late_total") == 1
            }
            let watermarks = [Self.start + 10 * hour, Self.start].map { Double($0 - 30_000) / 1_000 }
            #expect(try await process.metric("sluice_watermark_timestamp_seconds") == watermarks.reduce(0, +))
            try await until("it is ready") { try await process.get("/healthz/ready").status == 200 }
            #expect(try await process.terminate() == .exited(0))
        }
    }
}
