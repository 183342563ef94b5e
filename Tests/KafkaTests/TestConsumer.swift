import Kafka
import Streams
import Testing

/// A consumer with its recorder, driven by the thread of the test.
final class TestConsumer {
    let recorder = Recorder()
    let consumer: KafkaConsumer
    /// What was accepted, in order.
    private(set) var records: [KafkaStoredRecord] = []
    private(set) var discarded = 0

    init(
        _ configuration: KafkaClientConfiguration, _ settings: KafkaConsumer.Settings, topic: String,
        next: [Partition: Offset] = [:]
    ) throws {
        recorder.next = next
        consumer = try KafkaConsumer(configuration: configuration, settings: settings, delegate: recorder)
        try consumer.subscribe(topic)
    }

    func poll(maximum: Int = 1_000) {
        let (accepted, refused) = consumer.withBatch(maximum: maximum, timeoutMilliseconds: 20) { batch in
            var accepted: [KafkaStoredRecord] = []
            for record in batch where recorder.accepts(record) { accepted.append(KafkaStoredRecord(copying: record)) }
            return (accepted, batch.count - accepted.count)
        }
        records += accepted
        discarded += refused
    }

    /// Polls until the condition holds.
    func poll(
        until what: String, within limit: Duration = .seconds(30), maximum: Int = 1_000, _ condition: () -> Bool
    ) throws {
        let deadline = ContinuousClock.now + limit
        while !condition() {
            try #require(ContinuousClock.now < deadline, "never came: \(what); log: \(recorder.logs.suffix(10))")
            poll(maximum: maximum)
        }
    }

    /// The offsets accepted of one partition.
    func offsets(_ partition: Partition) -> [Int64] {
        records.filter { $0.partition == partition }.map(\.offset.rawValue)
    }
}
