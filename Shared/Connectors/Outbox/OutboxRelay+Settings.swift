extension OutboxRelay {
    /// What a relay publishes, where to, and how fast.
    public struct Settings: Sendable {
        /// The job whose output it is.
        public var job: String
        /// What is published, such as `budget-signals`: the name in `sluice.outbox_lane`, whatever the topic is called.
        public var output: String
        /// The topic; it belongs to this output alone.
        public var topic: String
        /// How many partitions the topic gets where it is not there. A lane's messages go to the partition lane modulo
        /// the topic's count: a topic that grows later loses the order of lanes that move.
        public var partitions: Int
        /// How many replicas a topic gets that is not there; -1 takes the brokers' default.
        public var replication = -1
        /// How long the relay waits for news where nobody wakes it.
        public var pollMilliseconds: Int64 = 50
        /// Most messages in one transaction.
        public var batchMessages = 1_000
        /// How long a commit may take; after that its outcome is in doubt and is looked up.
        public var commitTimeoutMilliseconds: Int32 = 15_000
        /// After this long an open transaction is aborted by the broker.
        public var transactionTimeoutMilliseconds: Int32 = 60_000
        /// How often a relay that is not the elected one tries again.
        public var electionMilliseconds: Int64 = 1_000
        /// How often lanes are sampled, positions remembered, the lock confirmed, and a stop looked at again.
        public var sampleMilliseconds: Int64 = 1_000
        /// The longest pause between two tries; it begins with a twentieth of it and doubles.
        public var maximumBackoffMilliseconds: Int64 = 2_000

        public init(job: String, output: String, topic: String, partitions: Int) {
            self.job = job
            self.output = output
            self.topic = topic
            self.partitions = partitions
        }

        /// The same for every process that relays this output, so that each fences the one before.
        public var transactionalID: String { "\(job)-\(output)" }
        /// The compacted topic with the positions: key `<output>/<lane>`, value the sequence as decimal text.
        public var positionsTopic: String { "\(topic)-positions" }
    }
}
