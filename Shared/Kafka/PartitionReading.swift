internal import CRdkafka
import Streams

/// One partition being read from an offset on into a queue of its own, without a group. Owns the queue, the topic's
/// handle and the fetching itself, which ends with this value. Lives within one call of `KafkaRecordReader`.
struct PartitionReading: ~Copyable {
    private let topicHandle: OpaquePointer
    private let queue: OpaquePointer
    private let topic: String
    private let partition: Partition
    private let messages: UnsafeMutablePointer<UnsafeMutablePointer<rd_kafka_message_t>?>
    static let maximumBatch = 1_024

    init(_ client: OpaquePointer, topic: String, partition: Partition, from offset: Offset) throws(KafkaError) {
        guard offset.rawValue >= 0, partition.rawValue >= 0 else {
            throw KafkaError(
                code: .invalidArgument, message: "offset \(offset) cannot be read: give one from 0 on",
                topic: topic, partition: partition)
        }
        guard let topicHandle = rd_kafka_topic_new(client, topic, nil) else {
            throw KafkaError(rd_kafka_last_error(), doing: "naming the topic", topic: topic)
        }
        let queue = rd_kafka_queue_new(client)!
        if rd_kafka_consume_start_queue(topicHandle, partition.rawValue, offset.rawValue, queue) != 0 {
            let code = rd_kafka_last_error()
            rd_kafka_queue_destroy(queue)
            rd_kafka_topic_destroy(topicHandle)
            throw KafkaError(code, doing: "reading from offset \(offset)", topic: topic, partition: partition)
        }
        self.topicHandle = topicHandle
        self.queue = queue
        self.topic = topic
        self.partition = partition
        messages = .allocate(capacity: Self.maximumBatch)
        messages.initialize(repeating: nil, count: Self.maximumBatch)
    }

    deinit {
        rd_kafka_consume_stop(topicHandle, partition.rawValue)
        rd_kafka_queue_destroy(queue)
        rd_kafka_topic_destroy(topicHandle)
        messages.deallocate()
    }

    /// Waits a moment for records and hands them over until `body` returns false.
    /// - Parameter ended: the end of the partition, with the offset that will be written next.
    /// - Returns: what stands in the way of reading on.
    func poll<E: Error>(
        maximum: Int, _ body: (Record) throws(E) -> Bool, ended: (Offset) -> Void
    ) throws(E) -> KafkaError? {
        let count = max(
            rd_kafka_consume_batch_queue(queue, 20, messages, min(maximum, Self.maximumBatch)), 0)
        defer { for index in 0..<count { rd_kafka_message_destroy(messages[index]) } }
        for index in 0..<count {
            let message = messages[index].unsafelyUnwrapped
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                if try !body(Record(message)) { return nil }
            case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                ended(Offset(message.pointee.offset))
            default:
                var failure = KafkaError(message.pointee.err, doing: "reading", topic: topic, partition: partition)
                if let text = rd_kafka_message_errstr(message) {
                    failure.message = String(cString: text) + ", offset \(message.pointee.offset)"
                }
                return failure
            }
        }
        return nil
    }
}
