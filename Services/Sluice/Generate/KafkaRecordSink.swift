import Kafka
import Streams

/// Sends generated records to a topic, each to the partition it names, in the order in which they come.
final class KafkaRecordSink {
    private let producer: KafkaProducer
    private let admin: KafkaAdmin
    private let topic: String
    /// How long the queue may stay full, in attempts of one second.
    private static let stallLimitSeconds = 30

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
                queueMaximumKibibytes: 65_536, queueFullTimeoutMilliseconds: 1_000, messageTimeoutMilliseconds: 60_000))
    }

    private static func prepare(
        _ admin: KafkaAdmin, topic: String, partitions: Int32, requiresEmpty: Bool, isCompacted: Bool = false
    ) throws {
        let existing = try TopicsCommand.ensure(
            admin, topic: topic, partitions: Int(partitions), isCompacted: isCompacted)
        guard requiresEmpty, existing else { return }
        for ends in try admin.watermarkOffsets(topic: topic) where ends.high > Offset(0) {
            throw CommandFailure(
                .usage,
                "topic \(topic) already has records (partition \(ends.partition) ends at offset \(ends.high)), and a "
                    + "truth must know all of them: use another topic, or give --append without --truth")
        }
    }

    /// Makes sure of a topic beside the events', with as many partitions.
    ///
    /// - Parameter isCompacted: whether only the last record of a key matters.
    /// - Throws: `CommandFailure`, `KafkaError`: as for the events' topic.
    func prepare(topic: String, partitions: Int32, requiresEmpty: Bool, isCompacted: Bool = false) throws {
        try Self.prepare(
            admin, topic: topic, partitions: partitions, requiresEmpty: requiresEmpty, isCompacted: isCompacted)
    }

    /// Takes a record for delivery; waits while the producer's queue is full.
    ///
    /// - Throws: `CommandFailure` where Kafka takes nothing for half a minute, or the operator interrupts that wait;
    ///   `KafkaError`.
    func send(_ record: GeneratedRecord, payload: UnsafeRawBufferPointer?) throws {
        // At most 20 characters; those of usual ids need no memory of their own.
        var key = String(record.event.campaign)
        let refusal = key.withUTF8 {
            produce(
                to: topic, record.partition, record.timestampMilliseconds, key: UnsafeRawBufferPointer($0),
                payload: payload)
        }
        if let refusal { throw refusal }
        // A delivery that failed is no reason to send the rest.
        if producer.failedCount > 0 { try finish() }
    }

    /// Takes a record of another topic, keyed by its campaign.
    ///
    /// - Throws: as for a record of the stream.
    func send(
        _ payload: [UInt8], ofCampaign campaign: Int64, to topic: String, partition: Int32,
        timestampMilliseconds: Int64
    ) throws {
        let key = Array(String(campaign).utf8)
        let refusal = key.withUnsafeBytes { key in
            payload.withUnsafeBytes {
                produce(to: topic, partition, timestampMilliseconds, key: key, payload: $0)
            }
        }
        if let refusal { throw refusal }
        if producer.failedCount > 0 { try finish() }
    }

    /// - Returns: why the record was not taken; nil where it was.
    private func produce(
        to topic: String, _ partition: Int32, _ timestampMilliseconds: Int64, key: UnsafeRawBufferPointer,
        payload: UnsafeRawBufferPointer?
    ) -> (any Error)? {
        var attempts = 0
        while true {
            do throws(KafkaError) {
                try producer.produce(
                    topic: topic, partition: Partition(partition), timestampMilliseconds: timestampMilliseconds,
                    key: key, value: payload)
                return nil
            } catch {
                guard error.code == .queueFull else { return error }
            }
            attempts += 1
            if Interruption.isRequested {
                return CommandFailure(.interrupted, "interrupted while Kafka took no records; there is no truth")
            }
            guard attempts < Self.stallLimitSeconds else {
                return CommandFailure(
                    .dependency,
                    "Kafka has taken no records of \(topic) for \(Self.stallLimitSeconds) s: are the brokers up?")
            }
        }
    }

    /// Serves delivery reports while nothing is sent.
    func wait(milliseconds: Int32) { producer.poll(timeoutMilliseconds: milliseconds) }

    /// Waits until everything is delivered; a single failure is an error.
    func finish() throws {
        try producer.flush(timeoutMilliseconds: 65_000)
        guard producer.failedCount == 0, producer.deliveredCount == producer.producedCount else {
            throw CommandFailure(
                .dependency,
                "\(producer.producedCount - producer.deliveredCount) of \(producer.producedCount) records were not "
                    + "delivered to \(topic)")
        }
    }

    /// Checks that the topic holds what was sent and nothing else.
    ///
    /// - Parameter other: a topic beside the events'; nil is theirs.
    func checkEnds(_ expected: [Int32: Int64], of other: String? = nil) throws {
        let topic = other ?? topic
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
