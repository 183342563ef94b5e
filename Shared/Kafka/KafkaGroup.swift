public import Streams

/// A consumer group as its coordinator sees it.
public struct KafkaGroup: Sendable, Equatable {
    /// A process that has joined.
    public struct Member: Sendable, Equatable {
        public var clientID: String
        /// Nil for a dynamic member.
        public var instanceID: String?
        /// The address that it came from.
        public var host: String
        /// By topic.
        public var partitions: [String: [Partition]]

        public init(clientID: String, instanceID: String?, host: String, partitions: [String: [Partition]]) {
            self.clientID = clientID
            self.instanceID = instanceID
            self.host = host
            self.partitions = partitions
        }
    }

    /// Such as `Stable`, `PreparingRebalance`, `Empty` or `Dead` (no such group).
    public var state: String
    public var members: [Member]

    public init(state: String, members: [Member]) {
        self.state = state
        self.members = members
    }
}
