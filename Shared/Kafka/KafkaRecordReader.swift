internal import CRdkafka
public import Streams

/// Reads given offsets of given partitions, outside of any group: anchors, re-driven dead letters, verification.
///
/// Belongs to one thread. Reads committed records; `isolation.level` may be set otherwise in the configuration's
/// `extra`. The client's connections are kept from one read to the next.
public final class KafkaRecordReader {
    private let client: OpaquePointer
    private let owner: ClientHandle
    /// The topics that were found to exist, with their partitions.
    private var partitionCounts: [String: Int] = [:]

    public init(configuration: KafkaClientConfiguration, log: KafkaLogHandler? = nil) throws(KafkaError) {
        let properties = try configuration.properties(
            defaults: [
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": "50",
                "fetch.error.backoff.ms": "50",
                "queued.max.messages.kbytes": "32768",
                // A broker may answer with more than it was asked for (whole batches; small brokers with all they have),
                // and librdkafka drops the connection over an answer above this, again and again.
                "receive.message.max.bytes": "1000000000",
                "reconnect.backoff.ms": "50",
                "reconnect.backoff.max.ms": "2000",
            ],
            fixed: [
                "auto.offset.reset": "error",
                "check.crcs": "true",
                "enable.partition.eof": "true",
                "enable.auto.commit": "false",
                "allow.auto.create.topics": "false",
            ])
        ClientContext.installLog(properties.handle)
        owner = try ClientHandle(RD_KAFKA_CONSUMER, properties: properties, context: ClientContext(log: log))
        client = owner.pointer
    }

    /// Copies up to `maximum` records from an offset on; fewer where the partition ends or the time is over.
    /// Offsets that compaction removed are passed over, so the first record may lie behind `offset`.
    /// - Throws: `KafkaError.Code.offsetReset` where the offset lies outside of the log, `unknownTopic` or
    ///   `unknownTopicOrPartition` where there is no such partition, `timedOut` where nothing was heard of it in time.
    public func read(
        topic: String, partition: Partition, from offset: Offset, maximum: Int, timeoutMilliseconds: Int
    ) throws(KafkaError) -> [KafkaStoredRecord] {
        guard maximum > 0 else { return [] }
        var result: [KafkaStoredRecord] = []
        var ended = false
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(timeoutMilliseconds))
        try checkPartition(topic, partition, timeoutMilliseconds)
        let range = try PartitionReading(client, topic: topic, partition: partition, from: offset)
        while result.count < maximum, !ended, ContinuousClock.now < deadline {
            let failure = range.poll(maximum: maximum - result.count) { record in
                result.append(KafkaStoredRecord(copying: record))
                return true
            } ended: { _ in
                ended = true
            }
            if let failure { throw failure }
        }
        if result.isEmpty, !ended {
            throw KafkaError(
                code: .timedOut, message: "no answer within \(timeoutMilliseconds) ms about offset \(offset)",
                isRetriable: true, topic: topic, partition: partition)
        }
        return result
    }

    /// Hands over every record with `start <= offset < end`, in order, as fast as they come.
    /// The records are valid within `body` alone.
    /// - Parameters:
    ///   - end: the offset after the last one; it may lie at the end of the log, not beyond.
    ///   - stallTimeoutMilliseconds: how long to wait without any progress.
    /// - Returns: how many records there were: fewer than `end - start` after compaction or aborted transactions.
    /// - Throws: what `body` throws, or a `KafkaError` as in `read`; `timedOut` names the offset that was reached.
    @discardableResult
    public func forEach(
        topic: String, partition: Partition, from start: Offset, to end: Offset,
        stallTimeoutMilliseconds: Int = 30_000, _ body: (Record) throws -> Void
    ) throws -> Int {
        guard start < end else { return 0 }
        var count = 0
        var next = start
        var finished = false
        var deadline = ContinuousClock.now.advanced(by: .milliseconds(stallTimeoutMilliseconds))
        try checkPartition(topic, partition, stallTimeoutMilliseconds)
        let range = try PartitionReading(client, topic: topic, partition: partition, from: start)
        while !finished {
            let before = next
            let failure = try range.poll(maximum: PartitionReading.maximumBatch) { record in
                guard record.offset < end else {
                    finished = true
                    return false
                }
                try body(record)
                count += 1
                next = record.offset.next
                finished = next >= end
                return !finished
            } ended: { offset in
                next = max(next, offset)
                if next >= end { finished = true }
            }
            if let failure { throw failure }
            if next > before {
                deadline = ContinuousClock.now.advanced(by: .milliseconds(stallTimeoutMilliseconds))
            } else if !finished, ContinuousClock.now >= deadline {
                throw KafkaError(
                    code: .timedOut,
                    message: "no progress for \(stallTimeoutMilliseconds) ms at offset \(next), before \(end)",
                    isRetriable: true, topic: topic, partition: partition)
            }
        }
        return count
    }

    /// Asks the broker for the first offset of the log and for the one that will be written next.
    public func watermarkOffsets(
        topic: String, partition: Partition, timeoutMilliseconds: Int32
    ) throws(KafkaError) -> (low: Offset, high: Offset) {
        try queryWatermarkOffsets(
            client, topic: topic, partition: partition, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// How many partitions a topic has now.
    /// - Throws: `unknownTopic` where there is no such topic, `timedOut` where nothing was heard in time.
    public func partitionCount(of topic: String, timeoutMilliseconds: Int32) throws(KafkaError) -> Int {
        let count = try describeTopic(client, topic, timeoutMilliseconds).partitions
        partitionCounts[topic] = count
        return count
    }

    /// Fetching from a partition that is not there would wait for it to appear, so the broker is asked once a topic.
    private func checkPartition(
        _ topic: String, _ partition: Partition, _ timeoutMilliseconds: Int
    ) throws(KafkaError) {
        if let count = partitionCounts[topic], Int(partition.rawValue) < count { return }
        let count = try describeTopic(client, topic, Int32(clamping: timeoutMilliseconds)).partitions
        partitionCounts[topic] = count
        guard Int(partition.rawValue) < count else {
            throw KafkaError(
                code: .unknownTopicOrPartition, message: "the topic has \(count) partitions", topic: topic,
                partition: partition)
        }
    }
}
