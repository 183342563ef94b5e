internal import CRdkafka
public import Streams

/// librdkafka's mock cluster, for injected protocol faults in tests.
///
/// It lives in this process, keeps about 5 MiB a partition, writes no transaction markers and fences nobody: it proves
/// nothing about isolation or fencing. Its functions may be called from any thread.
public final class KafkaMockCluster: @unchecked Sendable {
    /// The requests that faults are injected into, by Kafka's API key.
    public enum Request: Int16, Sendable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
        case offsetCommit = 8
        case offsetFetch = 9
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case leaveGroup = 13
        case syncGroup = 14
        case initProducerID = 22
        case addPartitionsToTransaction = 24
        case endTransaction = 26
    }

    private let cluster: OpaquePointer
    private let owner: ClientHandle

    public init(brokers: Int) throws(KafkaError) {
        // The client only carries the cluster; the address leads nowhere and is never asked.
        let properties = PropertySet()
        ClientContext.installLog(properties.handle)
        owner = try ClientHandle(RD_KAFKA_PRODUCER, properties: properties, context: ClientContext(log: nil))
        guard let cluster = rd_kafka_mock_cluster_new(owner.pointer, Int32(brokers)) else {
            throw KafkaError(code: .invalidState, message: "the mock cluster of \(brokers) brokers cannot be made")
        }
        self.cluster = cluster
    }

    deinit { rd_kafka_mock_cluster_destroy(cluster) }

    /// The brokers' addresses.
    public var bootstrapServers: [String] {
        String(cString: rd_kafka_mock_cluster_bootstraps(cluster)).split(separator: ",").map(String.init)
    }

    public func createTopic(_ name: String, partitions: Int, replication: Int = 1) throws(KafkaError) {
        try check(
            rd_kafka_mock_topic_create(cluster, name, Int32(partitions), Int32(replication)), "creating a topic")
    }

    /// The next requests of this kind are answered with these errors, one each.
    public func pushErrors(_ errors: [KafkaError.Code], for request: Request) {
        let codes = errors.map { rd_kafka_resp_err_t($0.rawValue) }
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, codes.count, codes)
    }

    public func clearErrors(for request: Request) { rd_kafka_mock_clear_request_errors(cluster, request.rawValue) }

    /// Closes a broker's connections and refuses new ones. Brokers are numbered from 1.
    public func brokerDown(_ broker: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_down(cluster, broker), "taking broker \(broker) down")
    }

    public func brokerUp(_ broker: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_up(cluster, broker), "taking broker \(broker) up")
    }

    /// Every answer of a broker takes this long from now on.
    public func setRoundTrip(_ broker: Int32, milliseconds: Int32) throws(KafkaError) {
        try check(rd_kafka_mock_broker_set_rtt(cluster, broker, milliseconds), "slowing broker \(broker) down")
    }

    public func setLeader(topic: String, _ partition: Partition, broker: Int32) throws(KafkaError) {
        try check(
            rd_kafka_mock_partition_set_leader(cluster, topic, partition.rawValue, broker), "moving a leader")
    }

    private func check(_ code: rd_kafka_resp_err_t, _ action: String) throws(KafkaError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, doing: action) }
    }
}
