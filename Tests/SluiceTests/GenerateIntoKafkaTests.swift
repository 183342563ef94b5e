import Kafka
import LocalServers
import Schemas
import Streams
import Testing

@testable import Sluice

/// `generate` against a real broker.
@Suite struct GenerateIntoKafkaTests {
    private static func configuration() async throws -> KafkaClientConfiguration {
        KafkaClientConfiguration(bootstrapServers: [try await TestServers.brokers()])
    }

    @Test func whatIsReadBackIsWhatTheTruthJudged() async throws {
        let configuration = try await Self.configuration()
        let topic = TestServers.uniqueName("generate")
        let shape = StreamShape(seed: 37, events: 20_000, partitions: 4, undecodable: 0.005, faulty: 0.005)
        let sink = try KafkaRecordSink(
            configuration: configuration, topic: topic, partitions: 4, requiresEmpty: true, compression: .none)
        var run = GenerationRun(shape: shape, sink: sink, keepsTruth: true)
        try run.send(rate: nil, showsProgress: false)
        try sink.checkEnds(run.truth.partitions.mapValues(\.nextOffset))
        #expect(run.sent == 20_000)

        // Judged once more, now from the bytes that the broker holds.
        var again = TruthKeeper()
        let reader = try KafkaRecordReader(configuration: configuration)
        for (partition, totals) in run.truth.partitions {
            try reader.forEach(
                topic: topic, partition: Partition(partition), from: Offset(0), to: Offset(totals.nextOffset)
            ) { record in
                var generated = GeneratedRecord()
                generated.partition = partition
                generated.timestampMilliseconds = record.timestampMilliseconds
                var event = AdEvent()
                if let value = record.value, !value.isEmpty {
                    if AdEventReader.read(value, into: &event) {
                        generated.event = AdEventModel(decoded: event)
                        let key = record.key.map { String(decoding: $0, as: UTF8.self) }
                        #expect(key == String(event.campaignID))
                    } else {
                        generated.payload = .undecodable(.truncated)
                    }
                } else {
                    generated.payload = record.value == nil ? .null : .empty
                }
                again.observe(generated)
            }
        }
        #expect(again.rows == run.truth.rows)
        #expect(again.partitions == run.truth.partitions)
        func sorted(_ letters: [TruthKeeper.DeadLetter]) -> [TruthKeeper.DeadLetter] {
            letters.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
        }
        #expect(sorted(again.deadLetters) == sorted(run.truth.deadLetters))

        // The topic is not empty any more, and has four partitions.
        let refused = #expect(throws: CommandFailure.self) {
            try KafkaRecordSink(
                configuration: configuration, topic: topic, partitions: 4, requiresEmpty: true, compression: .none)
        }
        #expect(refused?.code == .usage)
        #expect(refused?.message.contains("already has records") == true)
        let mismatch = #expect(throws: CommandFailure.self) {
            try KafkaRecordSink(
                configuration: configuration, topic: topic, partitions: 8, requiresEmpty: false, compression: .none)
        }
        #expect(mismatch?.message.contains("has 4 partitions, not 8") == true)
        // Somebody else's record is noticed.
        let producer = try KafkaProducer(configuration: configuration)
        try producer.produce(topic: topic, partition: Partition(0), value: nil)
        try producer.flush(timeoutMilliseconds: 10_000)
        #expect(throws: CommandFailure.self) {
            try sink.checkEnds(run.truth.partitions.mapValues(\.nextOffset))
        }
    }

    @Test func theRateIsKept() async throws {
        let topic = TestServers.uniqueName("rate")
        let sink = try KafkaRecordSink(
            configuration: await Self.configuration(), topic: topic, partitions: 1, requiresEmpty: true,
            compression: .none)
        var run = GenerationRun(shape: StreamShape(events: 600, partitions: 1), sink: sink, keepsTruth: false)
        try run.send(rate: 1000, showsProgress: false)
        // The last of 600 records is due after 600 ms, less one interval of the pace.
        #expect(run.elapsedMilliseconds >= 580)
        #expect(run.truth.records == 0)
    }
}
