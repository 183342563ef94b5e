import Foundation
import Kafka
import LocalServers
import Streams
import TestKit
import Testing

/// What breaks in Kafka, and in the records.
@Suite(.serialized)
struct DoctorLogTests {
    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    private static func clicks(_ ids: Range<UInt64>, partition: Int32 = 0, at milliseconds: Int64? = nil)
        -> [ProducedRecord]
    {
        ids.map { .click($0, partition: partition, at: milliseconds ?? now) }
    }

    @Test("The broker is gone: kafka_down, and healthy when it is back")
    func brokerDown() async throws {
        try await withLocalBroker { broker in
            try await withScenario(partitions: 2, brokers: broker.brokers) { scenario in
                try await scenario.createTopic()
                try await scenario.produce(Self.clicks(0..<100))
                let process = try scenario.start("a")
                try await scenario.untilCaughtUp()
                #expect(process.logged("Kafka does not answer").isEmpty)
                try await scenario.expectHealthy([process])
                let (kafka, job) = (scenario.kafka, scenario.job)
                let group = try await onThread { try KafkaAdmin(configuration: kafka).describeGroup(job) }
                #expect(group.state == "Stable")
                #expect(group.members.map(\.instanceID) == ["\(job)-a"])
                #expect(group.members.first?.partitions[scenario.topic]?.sorted() == [Partition(0), Partition(1)])
                let stranger = try await onThread { try KafkaAdmin(configuration: kafka).describeGroup("\(job)-none") }
                #expect(stranger.members.isEmpty)
                try await broker.stop()
                try await scenario.expectFirst("kafka_down", [process])
                try await startAgain { try await broker.start() }
            }
        }
    }

    @Test("The topic of events was deleted: topic_missing, whatever the partitions say of it")
    func topicMissing() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(Self.clicks(0..<100))
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            try await scenario.deleteTopic()
            let kafka = scenario.kafka
            try await until("the broker has forgotten the topic") {
                try await onThread { try KafkaAdmin(configuration: kafka).topics() }[scenario.topic] == nil
            }
            try await scenario.expectFirst("topic_missing", [process])
        }
    }

    @Test("Adjustments have fewer partitions than events: partitions_differ")
    func partitionsDiffer() async throws {
        try await withScenario(partitions: 4) { scenario in
            try await scenario.createTopic()
            let (kafka, side) = (scenario.kafka, scenario.topic + "-adjustments")
            try await onThread {
                try KafkaAdmin(configuration: kafka).createTopic(
                    side, partitions: 2, configuration: ["retention.ms": "-1"])
            }
            let process = try scenario.start("a", flags: ["--adjustments-topic", side])
            try await process.waitFor("started")
            try await process.waitFor("side stream started")
            let found = try await scenario.expectFirst("partitions_differ", [process])
            #expect(found?.title.contains("has 2 partitions") == true)
            try await onThread { try KafkaAdmin(configuration: kafka).deleteTopic(side) }
        }
    }

    @Test("Retention removed records before they were applied: records_gone, with the command that the stop names")
    func recordsGone() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(Self.clicks(0..<100))
            let first = try scenario.start("a")
            try await scenario.untilCaughtUp()
            try await first.terminate()
            try await scenario.produce(Self.clicks(100..<300))
            try await scenario.removeRecords(0, before: 250)
            let process = try scenario.start("a")
            try await process.waitFor("partition stopped")
            let found = try await scenario.expectFirst("records_gone", [process])
            #expect(found?.commands.contains("--accept-gap-to 250") == true, "\(found?.commands ?? "")")
            // Nobody has to say it: the log and the progress do.
            try await process.terminate()
            let alone = try await scenario.doctor([]).answer
            #expect(
                alone.findings.contains { $0.cause == "records_gone" && $0.commands.contains("--accept-gap-to 250") })
        }
    }

    @Test("The topic was made again with fewer records: log_truncated")
    func logTruncated() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            let records = Self.clicks(0..<100)
            try await scenario.produce(records)
            let first = try scenario.start("a")
            try await scenario.untilCaughtUp()
            try await first.terminate()
            try await scenario.replaceTopic(with: Array(records[..<40]))
            let process = try scenario.start("a")
            try await process.waitFor("partition stopped")
            let found = try await scenario.expectFirst("log_truncated", [process])
            #expect(found?.commands.contains("--accept-truncation-at 40") == true, "\(found?.commands ?? "")")
        }
    }

    @Test("A producer's clock runs an hour ahead: clock_skew")
    func clockAhead() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(
                Self.clicks(0..<50) + Self.clicks(50..<60, at: Self.now + 3_600_000) + Self.clicks(60..<90))
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            let found = try await scenario.expectFirst("clock_skew", [process])
            #expect(found?.seen.contains("\(scenario.topic)/0") == true)
        }
    }

    @Test("A producer sends what cannot be read: dead_letter_flood, with the reason and a place to look at")
    func deadLetters() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            let broken = (0..<60).map { _ in
                ProducedRecord(
                    partition: 1, timestampMilliseconds: Self.now, key: Array("1".utf8), value: [0xFF, 0xFF, 0xFF])
            }
            try await scenario.produce(Self.clicks(0..<1_000) + broken)
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            let found = try await scenario.expectFirst("dead_letter_flood", [process])
            #expect(found?.title.contains("undecodable") == true, "\(found?.title ?? "")")
            #expect(found?.commands.contains("sluice dead-letters show 1:") == true)
        }
    }

    @Test("A producer sends everything twice: duplicates_surge")
    func duplicates() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(Self.clicks(0..<1_000) + Self.clicks(0..<1_000))
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            try await until("the metrics have it") {
                try await process.metric("sluice_records_duplicate_total") ?? 0 >= 1_000
            }
            try await scenario.expectFirst("duplicates_surge", [process])
        }
    }

    @Test("Ids near their limit: horizon_near_limit; beyond it: horizon_limit")
    func horizon() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(Self.clicks(0..<900))
            let process = try scenario.start("a", flags: ["--dedup-maximum-ids", "1000"])
            try await scenario.untilCaughtUp()
            try await until("the metrics have it") {
                try await process.metric("sluice_dedup_remembered_ids") ?? 0 >= 900
            }
            try await scenario.expectFirst("horizon_near_limit", [process])
            try await scenario.produce(Self.clicks(900..<1_200))
            try await process.waitFor("partition stopped")
            try await scenario.expectFirst("horizon_limit", [process])
        }
    }
}
