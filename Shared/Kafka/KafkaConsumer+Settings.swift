extension KafkaConsumer {
    /// How a member of a group consumes. The defaults favour throughput with bounded memory.
    public struct Settings: Sendable, Hashable {
        /// The consumer group.
        public var group: String
        /// Makes the member a static one (KIP-345): started again under the same id within the session timeout it
        /// gets its partitions back without a rebalance, and whoever had the id before is fenced.
        public var groupInstanceID: String?
        /// After this long without a heartbeat the group takes the member's partitions away.
        public var sessionTimeoutMilliseconds: Int32
        public var heartbeatIntervalMilliseconds: Int32
        /// After this long without a poll the member gives its partitions up. Revokes block within a poll, so it has
        /// to be longer than the longest of them.
        public var maximumPollIntervalMilliseconds: Int32
        /// How much is fetched ahead, in kibibytes of payload; librdkafka's own bookkeeping comes on top, about 250
        /// bytes a record.
        public var queuedMaximumKibibytes: Int32
        /// Fetching ahead pauses at this many queued records.
        public var queuedMaximumRecords: Int32
        /// How long a broker may wait for `fetchMinimumBytes` before it answers a fetch.
        public var fetchWaitMilliseconds: Int32
        public var fetchMinimumBytes: Int32
        /// The most bytes of one partition in one answer; a larger record is fetched nonetheless.
        public var fetchMaximumBytesPerPartition: Int32
        /// How long a partition rests after a failed fetch, and after its queue was full.
        public var fetchBackoffMilliseconds: Int32
        /// Tells the delegate when a partition's end is reached.
        public var reportsEndOfPartition: Bool

        public init(
            group: String, groupInstanceID: String? = nil, sessionTimeoutMilliseconds: Int32 = 15_000,
            heartbeatIntervalMilliseconds: Int32 = 1_000, maximumPollIntervalMilliseconds: Int32 = 300_000,
            queuedMaximumKibibytes: Int32 = 32_768, queuedMaximumRecords: Int32 = 100_000,
            fetchWaitMilliseconds: Int32 = 100, fetchMinimumBytes: Int32 = 1,
            fetchMaximumBytesPerPartition: Int32 = 1_048_576, fetchBackoffMilliseconds: Int32 = 50,
            reportsEndOfPartition: Bool = false
        ) {
            self.group = group
            self.groupInstanceID = groupInstanceID
            self.sessionTimeoutMilliseconds = sessionTimeoutMilliseconds
            self.heartbeatIntervalMilliseconds = heartbeatIntervalMilliseconds
            self.maximumPollIntervalMilliseconds = maximumPollIntervalMilliseconds
            self.queuedMaximumKibibytes = queuedMaximumKibibytes
            self.queuedMaximumRecords = queuedMaximumRecords
            self.fetchWaitMilliseconds = fetchWaitMilliseconds
            self.fetchMinimumBytes = fetchMinimumBytes
            self.fetchMaximumBytesPerPartition = fetchMaximumBytesPerPartition
            self.fetchBackoffMilliseconds = fetchBackoffMilliseconds
            self.reportsEndOfPartition = reportsEndOfPartition
        }

        func properties(_ configuration: KafkaClientConfiguration) throws(KafkaError) -> PropertySet {
            let properties = try configuration.properties(
                defaults: [
                    "heartbeat.interval.ms": String(heartbeatIntervalMilliseconds),
                    "queued.max.messages.kbytes": String(queuedMaximumKibibytes),
                    "queued.min.messages": String(queuedMaximumRecords),
                    "fetch.wait.max.ms": String(fetchWaitMilliseconds),
                    "fetch.min.bytes": String(fetchMinimumBytes),
                    "max.partition.fetch.bytes": String(fetchMaximumBytesPerPartition),
                    "fetch.error.backoff.ms": String(fetchBackoffMilliseconds),
                    // New partitions, and a topic that was not there, are noticed within this time.
                    "topic.metadata.refresh.interval.ms": "10000",
                    // A broker may answer with more than it was asked for (whole batches; small brokers with all they have),
                    // and librdkafka drops the connection over an answer above this, again and again.
                    "receive.message.max.bytes": "1000000000",
                    "reconnect.backoff.ms": "50",
                    "reconnect.backoff.max.ms": "2000",
                ],
                fixed: [
                    "group.id": group,
                    "session.timeout.ms": String(sessionTimeoutMilliseconds),
                    "max.poll.interval.ms": String(maximumPollIntervalMilliseconds),
                    "enable.partition.eof": String(reportsEndOfPartition),
                    // Progress belongs to the results' own transaction; the group's offsets are telemetry.
                    "enable.auto.commit": "false",
                    "enable.auto.offset.store": "false",
                    // A start offset that is gone is an error, never a silent jump.
                    "auto.offset.reset": "error",
                    "check.crcs": "true",
                    "isolation.level": "read_committed",
                    // librdkafka 2.0.2's cooperative-sticky assignor fails an assertion when a member joins.
                    "partition.assignment.strategy": "range",
                    "allow.auto.create.topics": "false",
                    "log.queue": "true",
                    "log.connection.close": "true",
                ])
            if let groupInstanceID { try properties.set("group.instance.id", groupInstanceID) }
            return properties
        }
    }
}
