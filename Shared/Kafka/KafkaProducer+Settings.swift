extension KafkaProducer {
    public enum Compression: String, Sendable, Hashable {
        case none, lz4, zstd, snappy, gzip
    }

    /// How a producer writes. The defaults are idempotent and acknowledged by all replicas.
    public struct Settings: Sendable, Hashable {
        /// Makes the producer transactional. Whoever used the same id before is fenced.
        public var transactionalID: String?
        /// Each record is written once and in order within this producer's life, whatever is sent again.
        public var isIdempotent: Bool
        /// How long a batch waits for more records.
        public var lingerMilliseconds: Int32
        public var batchMaximumBytes: Int32
        public var batchMaximumRecords: Int32
        public var compression: Compression
        /// Limits of what waits for its delivery: `produce` waits when either is reached.
        public var queueMaximumRecords: Int32
        public var queueMaximumKibibytes: Int32
        /// How long `produce` waits for room in the queue before it throws `queueFull`.
        public var queueFullTimeoutMilliseconds: Int32
        /// After this long without an acknowledgement a record's delivery has failed.
        public var messageTimeoutMilliseconds: Int32
        /// How long a transaction may stay open before the broker aborts it.
        public var transactionTimeoutMilliseconds: Int32

        public init(
            transactionalID: String? = nil, isIdempotent: Bool = true, lingerMilliseconds: Int32 = 5,
            batchMaximumBytes: Int32 = 1_000_000, batchMaximumRecords: Int32 = 10_000,
            compression: Compression = .none, queueMaximumRecords: Int32 = 200_000,
            queueMaximumKibibytes: Int32 = 262_144, queueFullTimeoutMilliseconds: Int32 = 60_000,
            messageTimeoutMilliseconds: Int32 = 120_000, transactionTimeoutMilliseconds: Int32 = 60_000
        ) {
            self.transactionalID = transactionalID
            self.isIdempotent = isIdempotent
            self.lingerMilliseconds = lingerMilliseconds
            self.batchMaximumBytes = batchMaximumBytes
            self.batchMaximumRecords = batchMaximumRecords
            self.compression = compression
            self.queueMaximumRecords = queueMaximumRecords
            self.queueMaximumKibibytes = queueMaximumKibibytes
            self.queueFullTimeoutMilliseconds = queueFullTimeoutMilliseconds
            self.messageTimeoutMilliseconds = messageTimeoutMilliseconds
            self.transactionTimeoutMilliseconds = transactionTimeoutMilliseconds
        }

        func properties(_ configuration: KafkaClientConfiguration) throws(KafkaError) -> PropertySet {
            // librdkafka refuses a delivery that may outlast its transaction.
            let messageTimeout =
                transactionalID == nil
                ? messageTimeoutMilliseconds : min(messageTimeoutMilliseconds, transactionTimeoutMilliseconds)
            let properties = try configuration.properties(
                defaults: [
                    "linger.ms": String(lingerMilliseconds),
                    "batch.size": String(batchMaximumBytes),
                    "batch.num.messages": String(batchMaximumRecords),
                    "queue.buffering.max.messages": String(queueMaximumRecords),
                    "queue.buffering.max.kbytes": String(queueMaximumKibibytes),
                    "message.timeout.ms": String(messageTimeout),
                    "transaction.timeout.ms": String(transactionTimeoutMilliseconds),
                    "reconnect.backoff.ms": "50",
                    "reconnect.backoff.max.ms": "2000",
                    // The partitioner of the Java client, so that a key lands where other producers put it.
                    "partitioner": "murmur2_random",
                ],
                fixed: [
                    "acks": "all",
                    "enable.idempotence": String(isIdempotent || transactionalID != nil),
                    "compression.codec": compression.rawValue,
                ])
            if let transactionalID { try properties.set("transactional.id", transactionalID) }
            return properties
        }
    }
}
