internal import CRdkafka
public import Streams

/// Reads partitions of one topic from given offsets on, outside of any group, and waits at their ends for what comes:
/// for whoever keeps its own progress, such as an archive.
///
/// Belongs to one thread. Reads committed records. While no broker can be reached it waits; the log handler is told.
public final class KafkaTailReader {
    public let topic: String
    private let client: OpaquePointer
    private let owner: ClientHandle
    private let topicHandle: OpaquePointer
    /// All partitions come through this one queue.
    private let queue: OpaquePointer
    private var started: Set<Partition> = []
    private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private static let maximumBatch = 1_024

    public init(
        configuration: KafkaClientConfiguration, topic: String, log: KafkaLogHandler? = nil
    ) throws(KafkaError) {
        let properties = try configuration.properties(
            defaults: [
                // An answer comes as soon as there is a record; an idle topic is asked twice a second.
                "fetch.wait.max.ms": "500",
                "fetch.error.backoff.ms": "200",
                "queued.max.messages.kbytes": "32768",
                "receive.message.max.bytes": "1000000000",
                "reconnect.backoff.ms": "50",
                "reconnect.backoff.max.ms": "2000",
            ],
            fixed: [
                "isolation.level": "read_committed",
                "auto.offset.reset": "error",
                "check.crcs": "true",
                "enable.partition.eof": "true",
                "enable.auto.commit": "false",
                "allow.auto.create.topics": "false",
            ])
        ClientContext.installLog(properties.handle)
        owner = try ClientHandle(RD_KAFKA_CONSUMER, properties: properties, context: ClientContext(log: log))
        client = owner.pointer
        guard let handle = rd_kafka_topic_new(client, topic, nil) else {
            throw KafkaError(rd_kafka_last_error(), doing: "naming the topic", topic: topic)
        }
        topicHandle = handle
        queue = rd_kafka_queue_new(client)!
        messages = .allocate(capacity: Self.maximumBatch)
        messages.initialize(repeating: nil, count: Self.maximumBatch)
        self.topic = topic
    }

    deinit {
        for partition in started { rd_kafka_consume_stop(topicHandle, partition.rawValue) }
        rd_kafka_queue_destroy(queue)
        rd_kafka_topic_destroy(topicHandle)
        messages.deallocate()
    }

    /// Starts to fetch a partition.
    public func start(_ partition: Partition, from offset: Offset) throws(KafkaError) {
        guard offset.rawValue >= 0, partition.rawValue >= 0, !started.contains(partition) else {
            throw KafkaError(
                code: .invalidArgument, message: "the partition is being read, or \(offset) is no offset", topic: topic,
                partition: partition)
        }
        guard rd_kafka_consume_start_queue(topicHandle, partition.rawValue, offset.rawValue, queue) == 0 else {
            throw KafkaError(
                rd_kafka_last_error(), doing: "reading from offset \(offset)", topic: topic, partition: partition)
        }
        started.insert(partition)
    }

    /// Waits for records and hands them over in the order of each partition; they are valid within `body` alone.
    /// - Parameters:
    ///   - timeoutMilliseconds: how long to wait at most. A full batch comes at once.
    ///   - ended: the end of a partition was reached, with the offset that will be read next.
    /// - Returns: how many records there were.
    /// - Throws: what `body` throws, and a `KafkaError` with its partition: `offsetReset` where the offset to read lies
    ///   outside of the log, `unknownTopicOrPartition` where the partition is gone. What passes by itself is waited for.
    public func poll(
        timeoutMilliseconds: Int32, _ body: (Record) throws -> Void, ended: (Partition, Offset) throws -> Void
    ) throws -> Int {
        let count = max(
            rd_kafka_consume_batch_queue(queue, timeoutMilliseconds, messages, Self.maximumBatch), 0)
        defer { for index in 0..<count { rd_kafka_message_destroy(messages[index]) } }
        var records = 0
        for index in 0..<count {
            let message = messages[index].unsafelyUnwrapped
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                try body(Record(message))
                records += 1
            case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                try ended(Partition(message.pointee.partition), Offset(message.pointee.offset))
            default:
                var failure = KafkaError(
                    message.pointee.err, doing: "reading", topic: topic,
                    partition: Partition(message.pointee.partition))
                if failure.isRetriable { continue }
                if let text = rd_kafka_message_errstr(message) {
                    failure.message = String(cString: text) + ", offset \(message.pointee.offset)"
                }
                throw failure
            }
        }
        return records
    }

    /// How many partitions the topic has now.
    /// - Throws: `unknownTopic` where there is no such topic, `timedOut` where nothing was heard in time.
    public func partitionCount(timeoutMilliseconds: Int32) throws(KafkaError) -> Int {
        try describeTopic(client, topic, timeoutMilliseconds).partitions
    }

    /// The end of a partition's log as the last answer about it said; nil before the first. Asks nobody.
    public func knownEnd(of partition: Partition) -> Offset? {
        var low: Int64 = 0
        var high: Int64 = 0
        guard
            rd_kafka_get_watermark_offsets(client, topic, partition.rawValue, &low, &high)
                == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0
        else { return nil }
        return Offset(high)
    }
}
