import Kafka
import Streams

/// Sends generated records to a topic, each to the partition it names, in the order in which they come.
final class KafkaRecordSink {
    private let producer: KafkaProducer
    private let admin: KafkaAdmin
    private let topic: String

    /// - Throws: `CommandFailure` where the topic has another number of partitions, or already has records and
    ///   `requiresEmpty` is set; `KafkaError`.
    init(
        configuration: KafkaClientConfiguration, topic: String, partitions: Int32, requiresEmpty: Bool,
        compression: KafkaProducer.Compression
    ) throws {
        self.topic = topic
        admin = try KafkaAdmin(configuration: configuration)
        try Self.prepare(admin, topic: topic, partitions: partitions, requiresEmpty: requiresEmpty)
        // Idempotent: in each partition the records stand in the order in which they were sent, each once, so that the
        // truth can count their offsets.
        producer = try KafkaProducer(
            configuration: configuration,
            settings: KafkaProducer.Settings(
                isIdempotent: true, lingerMilliseconds: 20, compression: compression, queueMaximumRecords: 100_000,
                queueMaximumKibibytes: 65_536))
    }

    private static func prepare(
        _ admin: KafkaAdmin, topic: String, partitions: Int32, requiresEmpty: Bool
    ) throws {
        let existing = try TopicsCommand.ensure(admin, topic: topic, partitions: Int(partitions))
        guard requiresEmpty, existing else { return }
        for ends in try admin.watermarkOffsets(topic: topic) where ends.high > Offset(0) {
            throw CommandFailure(
                .usage,
                "topic \(topic) already has records (partition \(ends.partition) ends at offset \(ends.high)), and a "
                    + "truth must know all of them: use another topic, or give --append without --truth")
        }
    }

    /// Takes a record for delivery; waits while the producer's queue is full.
    func send(_ record: GeneratedRecord, payload: UnsafeRawBufferPointer?) throws {
        // At most 20 characters; those of usual ids need no memory of their own.
        var key = String(record.event.campaign)
        try key.withUTF8 { (key) throws(any Error) -> Void in
            try producer.produce(
                topic: topic, partition: Partition(record.partition),
                timestampMilliseconds: record.timestampMilliseconds, key: UnsafeRawBufferPointer(key), value: payload)
        }
        // A delivery that failed is no reason to send the rest.
        if producer.failedCount > 0 { try finish() }
    }

    /// Serves delivery reports while nothing is sent.
    func wait(milliseconds: Int32) { producer.poll(timeoutMilliseconds: milliseconds) }

    /// Waits until everything is delivered; a single failure is an error.
    func finish() throws {
        try producer.flush(timeoutMilliseconds: 120_000)
        guard producer.failedCount == 0, producer.deliveredCount == producer.producedCount else {
            throw CommandFailure(
                .dependency,
                "\(producer.producedCount - producer.deliveredCount) of \(producer.producedCount) records were not "
                    + "delivered to \(topic)")
        }
    }

    /// Checks that the topic holds what was sent and nothing else.
    func checkEnds(_ expected: [Int32: Int64]) throws {
        for ends in try admin.watermarkOffsets(topic: topic) {
            let sent = expected[ends.partition.rawValue] ?? 0
            guard ends.high.rawValue == sent else {
                throw CommandFailure(
                    .dependency,
                    "partition \(ends.partition) of \(topic) ends at offset \(ends.high), but \(sent) records were "
                        + "sent to it: somebody else writes to this topic, and the truth does not hold")
            }
        }
    }
}
