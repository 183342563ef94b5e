internal import CRdkafka
public import Streams
import Synchronization

/// A member of a consumer group that reads one topic in batches, with the offsets to start from given by its owner.
///
/// **Thread.** The consumer belongs to the thread that polls: it is not `Sendable`, and every method and every
/// callback of its delegate runs on that thread. librdkafka's own threads fetch and decompress behind it.
///
/// **Ownership.** It holds its delegate until `close()`. Released without `close()` it vanishes without serving a
/// revoke: a static member's partitions then wait for its return, a dynamic member's for its session timeout.
///
/// **librdkafka 2.0.2** hands over records of a partition that was paused, sought or revoked while they were being
/// collected into a batch (fixed in 2.1.0, its issue 4208). The owner discards what it does not own, what is paused,
/// and what does not lie at or after the offset it expects.
public final class KafkaConsumer {
    /// librdkafka's client. Valid until `close()`.
    let client: OpaquePointer
    private var owner: ClientHandle?
    let context: ConsumerContext
    private var queue: OpaquePointer?
    /// The subscribed topic's name for C, allocated once.
    private(set) var topicName: UnsafeMutablePointer<CChar>
    /// librdkafka's handle of the subscribed topic, learnt from the first record: later records are told by pointer.
    private var topicHandle: OpaquePointer?

    private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    private let records: UnsafeMutablePointer<Record>
    private let capacity: Int
    private var messageCount = 0
    /// Messages of the batch that are not records, as indices into `messages`; they are told after the records.
    private var hasEvents = false
    private var connectionsClosedSeen = 0

    /// The most records of one batch.
    public static let maximumBatch = 16_384

    /// Makes the client; nothing is sent before `subscribe`.
    /// - Throws: an unknown property, a value that librdkafka refuses, an unreadable certificate.
    public init(
        configuration: KafkaClientConfiguration, settings: Settings, delegate: any KafkaConsumerDelegate
    ) throws(KafkaError) {
        let properties = try settings.properties(configuration)
        installConsumerCallbacks(properties.handle)
        let context = ConsumerContext(delegate: delegate)
        let owner = try ClientHandle(RD_KAFKA_CONSUMER, properties: properties, context: context)
        client = owner.pointer
        self.context = context
        // Logs and errors go to the main queue, and the main queue to the consumer's: one poll serves all.
        rd_kafka_set_log_queue(client, nil)
        rd_kafka_poll_set_consumer(client)
        queue = rd_kafka_queue_get_consumer(client)
        self.owner = consume owner
        topicName = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        topicName.initialize(to: 0)
        capacity = Self.maximumBatch
        messages = .allocate(capacity: capacity)
        messages.initialize(repeating: nil, count: capacity)
        records = .allocate(capacity: capacity)
    }

    deinit {
        context.delegate = nil
        releaseQueue()
        messages.deallocate()
        records.deallocate()
        topicName.deallocate()
    }

    /// Joins the group for one topic. The assignment arrives in a later `withBatch`.
    ///
    /// librdkafka does not tell when the topic is not there: it waits, and looks again every 10 s. Whoever wants to
    /// know asks `KafkaAdmin` before.
    public func subscribe(_ topic: String) throws(KafkaError) {
        precondition(owner != nil, "the consumer is closed")
        topicName.deallocate()
        topicName = topic.withCString { source in
            let count = topic.utf8.count + 1
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: count)
            copy.initialize(from: source, count: count)
            return copy
        }
        topicHandle = nil
        let list = PartitionList(capacity: 1)
        list.add(topicName, Partition(rd_kafka_partition_unassigned), nil)
        let code = rd_kafka_subscribe(client, list.pointer)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(code, doing: "subscribing", topic: topic)
        }
    }

    /// Polls once: serves the delegate, then hands over the records that came.
    ///
    /// Returns as soon as `maximum` records are there, or after `timeoutMilliseconds`, whichever is first: under a
    /// light load the timeout is the latency. An empty batch is not the end of the data. The buffer and everything
    /// that its records point to are valid within `body` alone. Nothing is allocated by this side.
    /// - Parameters:
    ///   - maximum: at most `maximumBatch`.
    ///   - body: must not poll or close this consumer.
    @inlinable
    public func withBatch<R, E: Error>(
        maximum: Int, timeoutMilliseconds: Int32, _ body: (UnsafeBufferPointer<Record>) throws(E) -> R
    ) throws(E) -> R {
        let batch = receive(maximum: maximum, timeoutMilliseconds: timeoutMilliseconds)
        defer { release() }
        return try body(batch)
    }

    @usableFromInline
    func receive(maximum: Int, timeoutMilliseconds: Int32) -> UnsafeBufferPointer<Record> {
        precondition(owner != nil, "the consumer is closed")
        precondition(messageCount == 0, "a batch is still in use: withBatch was called from within its body")
        let count = rd_kafka_consume_batch_queue(
            queue, timeoutMilliseconds, messages, min(max(maximum, 1), capacity))
        messageCount = max(count, 0)
        let closed = context.connectionsClosed.load(ordering: .acquiring)
        if closed != connectionsClosedSeen {
            connectionsClosedSeen = closed
            context.delegate?.connectionLost(
                KafkaError(
                    code: .transport, message: "a connection to a broker was closed; it is made again by itself",
                    isRetriable: true))
        }
        var recordCount = 0
        for index in 0..<messageCount {
            let message = messages[index].unsafelyUnwrapped
            guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR, belongsToTopic(message.pointee.rkt) else {
                hasEvents = true
                continue
            }
            (records + recordCount).initialize(to: Record(message))
            recordCount += 1
        }
        return UnsafeBufferPointer(start: records, count: recordCount)
    }

    /// Tells the errors of the batch, then gives its messages back to librdkafka.
    @usableFromInline
    func release() {
        if hasEvents {
            hasEvents = false
            for index in 0..<messageCount {
                let message = messages[index].unsafelyUnwrapped
                if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR { tell(message) }
            }
        }
        for index in 0..<messageCount { rd_kafka_message_destroy(messages[index]) }
        messageCount = 0
    }

    /// Whether a record is of the subscribed topic, by pointer. librdkafka may hand out another handle for the same
    /// topic once it was gone for a while: then the name decides, once.
    private func belongsToTopic(_ handle: OpaquePointer?) -> Bool {
        if handle == topicHandle, handle != nil { return true }
        guard let handle else { return false }
        let name = String(cString: rd_kafka_topic_name(handle))
        guard name == String(cString: topicName) else {
            context.delegate?.log(
                level: 3, facility: "TOPIC",
                message: "records of the topic \(name) arrive and are discarded: only "
                    + "\(String(cString: topicName)) is subscribed")
            return false
        }
        topicHandle = handle
        return true
    }

    private func tell(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        guard let delegate = context.delegate else { return }
        let code = message.pointee.err
        let partition = Partition(message.pointee.partition)
        let hasPartition = message.pointee.rkt != nil && partition.rawValue >= 0
        if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            delegate.endReached(partition, next: Offset(message.pointee.offset))
            return
        }
        var error = KafkaError(code, doing: "consuming")
        if let text = rd_kafka_message_errstr(message) {
            error.message = String(cString: text) + ", offset \(message.pointee.offset)"
        }
        if let topic = message.pointee.rkt { error.topic = String(cString: rd_kafka_topic_name(topic)) }
        if hasPartition { error.partition = partition }
        let broker = rd_kafka_message_broker_id(message)
        if broker >= 0 { error.broker = String(broker) }
        if code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID {
            var cause = KafkaError.fatal(of: client) ?? error
            cause.isFatal = true
            delegate.fatal(cause)
        } else if hasPartition {
            delegate.partitionFailed(partition, error: error)
        } else {
            delegate.consumerFailed(error)
        }
    }

    /// Serves the last revoke, leaves the group (a static member stays in it) and frees the client. Called once the
    /// owner will poll no more, outside of `withBatch`; a second call does nothing.
    public func close() throws(KafkaError) {
        guard owner != nil else { return }
        precondition(messageCount == 0, "a batch is still in use: close was called from within withBatch")
        let code = rd_kafka_consumer_close(client)
        context.delegate = nil
        releaseQueue()
        owner = nil
        if code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__FATAL {
            throw KafkaError(code, doing: "closing the consumer", topic: String(cString: topicName))
        }
    }

    private func releaseQueue() {
        if let queue { rd_kafka_queue_destroy(queue) }
        queue = nil
    }

    /// A record's headers, in the order of the log. Only while the record is valid.
    public static func headers(of record: Record) -> [RecordHeader] { KafkaHeaders.read(record) }
}

/// `RD_KAFKA_PARTITION_UA`, a macro that Swift does not see.
private let rd_kafka_partition_unassigned: Int32 = -1

extension Record {
    /// The record in a message of librdkafka: pointers into it, `handle` the message itself.
    @inline(__always)
    init(_ message: UnsafeMutablePointer<rd_kafka_message_t>) {
        // Read by field: the struct as a value would copy all of it.
        self.init(
            partition: Partition(message.pointee.partition), offset: Offset(message.pointee.offset),
            timestampMilliseconds: rd_kafka_message_timestamp(message, nil),
            keyStart: UnsafeRawPointer(message.pointee.key), keyCount: message.pointee.key_len,
            valueStart: UnsafeRawPointer(message.pointee.payload), valueCount: message.pointee.len,
            handle: UnsafeMutableRawPointer(message))
    }
}
