internal import CRdkafka
import Streams

/// What went wrong between this process and Kafka, or in a setting of the client.
///
/// The text is copied out of librdkafka before librdkafka frees it. The codes are librdkafka's: positive ones are
/// Kafka's protocol errors, negative ones belong to the client itself (librdkafka, `rd_kafka_resp_err_t`).
public struct KafkaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// librdkafka's number for an error.
    public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }

        /// A connection to a broker was lost or could not be made.
        public static let transport = Code(RD_KAFKA_RESP_ERR__TRANSPORT)
        /// No broker can be reached.
        public static let allBrokersDown = Code(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        /// The client gave up waiting.
        public static let timedOut = Code(RD_KAFKA_RESP_ERR__TIMED_OUT)
        /// A record waited longer for its delivery than `message.timeout.ms`.
        public static let messageTimedOut = Code(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
        /// The producer's queue holds as much as it may.
        public static let queueFull = Code(RD_KAFKA_RESP_ERR__QUEUE_FULL)
        /// The offset to start from does not exist, and `auto.offset.reset` is `error`.
        public static let offsetReset = Code(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        /// The offset lies outside of the partition's log.
        public static let offsetOutOfRange = Code(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
        /// The end of a partition was reached.
        public static let endOfPartition = Code(RD_KAFKA_RESP_ERR__PARTITION_EOF)
        /// The broker does not know the topic or the partition.
        public static let unknownTopicOrPartition = Code(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        /// The client does not know the topic.
        public static let unknownTopic = Code(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        /// The topic to create is there already.
        public static let topicAlreadyExists = Code(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        /// Another member took over this member's `group.instance.id`.
        public static let fencedInstanceID = Code(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
        /// Another producer took over this producer's `transactional.id`.
        public static let fenced = Code(RD_KAFKA_RESP_ERR__FENCED)
        /// The same, as brokers say it.
        static let producerFenced = Code(RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
        static let invalidProducerEpoch = Code(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
        /// The client has failed for good and has to be made anew.
        public static let fatal = Code(RD_KAFKA_RESP_ERR__FATAL)
        /// The polling thread stayed away longer than `max.poll.interval.ms`.
        public static let maximumPollIntervalExceeded = Code(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
        /// A setting or an argument is wrong.
        public static let invalidArgument = Code(RD_KAFKA_RESP_ERR__INVALID_ARG)
        /// An operation does not fit the state that the client is in.
        public static let invalidState = Code(RD_KAFKA_RESP_ERR__STATE)
        /// librdkafka has no property of this name.
        public static let unknownProperty = Code(RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED)

        /// librdkafka's name for the code, such as `OFFSET_OUT_OF_RANGE`.
        public var name: String { String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue))) }
        public var description: String { "\(name) (\(rawValue))" }

        init(_ code: rd_kafka_resp_err_t) { rawValue = code.rawValue }
    }

    public var code: Code
    /// What happened, where, and what to do about it where that is known.
    public var message: String
    /// The client cannot be used any more: close it and make a new one.
    public var isFatal: Bool
    /// The same call may succeed when it is made again.
    public var isRetriable: Bool
    /// The running transaction has to be aborted; the producer may then be used again.
    public var requiresAbort: Bool
    public var topic: String?
    public var partition: Partition?
    /// The broker as librdkafka names it (`host:port/id`), or its id.
    public var broker: String?

    /// Whether another producer has taken over this producer's `transactional.id`, or the broker has aborted a
    /// transaction that stood open for too long: either way this producer may write no more.
    public var isFencedProducer: Bool {
        code == .fenced || code == .producerFenced || code == .invalidProducerEpoch
    }

    public init(
        code: Code, message: String, isFatal: Bool = false, isRetriable: Bool = false, requiresAbort: Bool = false,
        topic: String? = nil, partition: Partition? = nil, broker: String? = nil
    ) {
        self.code = code
        self.message = message
        self.isFatal = isFatal
        self.isRetriable = isRetriable
        self.requiresAbort = requiresAbort
        self.topic = topic
        self.partition = partition
        self.broker = broker
    }

    public var description: String {
        var text = "Kafka \(code)"
        if let topic { text += " topic=\(topic)" }
        if let partition { text += " partition=\(partition)" }
        if let broker { text += " broker=\(broker)" }
        if isFatal { text += " fatal" }
        return text + ": " + message
    }
}

extension KafkaError {
    /// From a bare code: librdkafka's own sentence for it, preceded by what was being done.
    init(
        _ code: rd_kafka_resp_err_t, doing action: String, topic: String? = nil, partition: Partition? = nil,
        broker: String? = nil
    ) {
        self.init(
            code: Code(code), message: action + ": " + String(cString: rd_kafka_err2str(code)),
            isFatal: code == RD_KAFKA_RESP_ERR__FATAL, isRetriable: Self.isTransient(code), topic: topic,
            partition: partition, broker: broker)
    }

    /// Copies an error object of librdkafka and destroys it.
    init(adopting error: OpaquePointer, doing action: String, topic: String? = nil, partition: Partition? = nil) {
        let code = rd_kafka_error_code(error)
        self.init(
            code: Code(code), message: action + ": " + String(cString: rd_kafka_error_string(error)),
            isFatal: rd_kafka_error_is_fatal(error) != 0,
            // librdkafka marks only errors of transactions as retriable.
            isRetriable: rd_kafka_error_is_retriable(error) != 0 || Self.isTransient(code),
            requiresAbort: rd_kafka_error_txn_requires_abort(error) != 0, topic: topic, partition: partition)
        rd_kafka_error_destroy(error)
    }

    /// The fatal error that a client has raised, or nil.
    static func fatal(of client: OpaquePointer) -> KafkaError? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
            text.initialize(repeating: 0)
            let code = rd_kafka_fatal_error(client, text.baseAddress, text.count)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
            return KafkaError(code: Code(code), message: String(cString: text.baseAddress!), isFatal: true)
        }
    }

    /// Whether a code's cause may pass: librdkafka says so only for errors of transactions.
    private static func isTransient(_ code: rd_kafka_resp_err_t) -> Bool {
        switch code {
        case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__TIMED_OUT,
            RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE, RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__WAIT_COORD,
            RD_KAFKA_RESP_ERR__RETRY, RD_KAFKA_RESP_ERR__RESOLVE, RD_KAFKA_RESP_ERR__IN_PROGRESS,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
            RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
            true
        default:
            false
        }
    }
}
