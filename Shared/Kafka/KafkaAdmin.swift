internal import CRdkafka
import Glibc
public import Streams

/// Creates, deletes and describes topics. Every call waits for its answer; belongs to one thread.
public final class KafkaAdmin {
    let client: OpaquePointer
    private let owner: ClientHandle

    public init(configuration: KafkaClientConfiguration, log: KafkaLogHandler? = nil) throws(KafkaError) {
        // A consumer without a group: asking a producer for a topic would create it.
        let properties = try configuration.properties(
            defaults: ["reconnect.backoff.ms": "50", "reconnect.backoff.max.ms": "1000"],
            fixed: ["allow.auto.create.topics": "false", "topic.metadata.refresh.sparse": "true"])
        ClientContext.installLog(properties.handle)
        owner = try ClientHandle(RD_KAFKA_CONSUMER, properties: properties, context: ClientContext(log: log))
        client = owner.pointer
    }

    /// Creates a topic and waits until each of its partitions has a leader.
    /// - Parameters:
    ///   - replication: -1 takes the broker's default.
    ///   - configuration: the topic's own settings, such as `cleanup.policy`.
    /// - Throws: `topicAlreadyExists`, and whatever the broker refuses.
    public func createTopic(
        _ name: String, partitions: Int, replication: Int = 1, configuration: [String: String] = [:],
        timeoutMilliseconds: Int32 = 30_000
    ) throws(KafkaError) {
        let (made, text) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
            text.initialize(repeating: 0)
            let made = rd_kafka_NewTopic_new(
                name, Int32(clamping: partitions), Int32(clamping: replication), text.baseAddress, text.count)
            return (made, String(cString: text.baseAddress!))
        }
        guard var topic = made else {
            throw KafkaError(code: .invalidArgument, message: "the topic is refused: \(text)", topic: name)
        }
        defer { rd_kafka_NewTopic_destroy(topic) }
        for (key, value) in configuration.sorted(by: { $0.key < $1.key }) {
            let code = rd_kafka_NewTopic_set_config(topic, key, value)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR {
                throw KafkaError(code, doing: "setting \(key)=\(value)", topic: name)
            }
        }
        let client = client
        var topics: OpaquePointer? = topic
        let event = request(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeoutMilliseconds) { options, queue in
            rd_kafka_CreateTopics(client, &topics, 1, options, queue)
        }
        topic = topics ?? topic
        try check(event, "creating the topic", name) { event, count in
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
        }
        try waitUntilTopicExists(name, partitions: partitions, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Deletes a topic with its records. Brokers take a moment to forget it.
    public func deleteTopic(_ name: String, timeoutMilliseconds: Int32 = 30_000) throws(KafkaError) {
        let topic = rd_kafka_DeleteTopic_new(name)!
        defer { rd_kafka_DeleteTopic_destroy(topic) }
        let client = client
        var topics: OpaquePointer? = topic
        let event = request(RD_KAFKA_ADMIN_OP_DELETETOPICS, timeoutMilliseconds) { options, queue in
            rd_kafka_DeleteTopics(client, &topics, 1, options, queue)
        }
        try check(event, "deleting the topic", name) { event, count in
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count)
        }
    }

    /// How many partitions a topic has.
    /// - Throws: `unknownTopicOrPartition` where there is no such topic, `timedOut` or `transport` without an answer.
    public func partitionCount(_ topic: String, timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) -> Int {
        try describeTopic(client, topic, timeoutMilliseconds).partitions
    }

    /// Waits until a topic has this many partitions, each with a leader. Brokers answer for a new topic a moment
    /// after it was created.
    public func waitUntilTopicExists(
        _ topic: String, partitions: Int = 1, timeoutMilliseconds: Int32 = 30_000
    ) throws(KafkaError) {
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(Int(timeoutMilliseconds)))
        var last = "it was not answered for"
        while ContinuousClock.now < deadline {
            do {
                let found = try describeTopic(client, topic, 1_000)
                if found.led >= partitions { return }
                last = "\(found.led) of \(partitions) partitions have a leader"
            } catch {
                last = error.message
            }
            // The broker is asked again after this pause; nothing tells when a topic appears.
            usleep(20_000)
        }
        throw KafkaError(
            code: .timedOut, message: "the topic is not there after \(timeoutMilliseconds) ms: \(last)",
            isRetriable: true, topic: topic)
    }

    /// Asks the broker for the first offset of a partition's log and for the one that will be written next.
    public func watermarkOffsets(
        topic: String, partition: Partition, timeoutMilliseconds: Int32 = 10_000
    ) throws(KafkaError) -> (low: Offset, high: Offset) {
        try queryWatermarkOffsets(
            client, topic: topic, partition: partition, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Both ends of every partition of a topic, by partition.
    public func watermarkOffsets(
        topic: String, timeoutMilliseconds: Int32 = 10_000
    ) throws(KafkaError) -> [(partition: Partition, low: Offset, high: Offset)] {
        var result: [(partition: Partition, low: Offset, high: Offset)] = []
        for number in 0..<(try partitionCount(topic, timeoutMilliseconds: timeoutMilliseconds)) {
            let partition = Partition(Int32(number))
            let ends = try watermarkOffsets(
                topic: topic, partition: partition, timeoutMilliseconds: timeoutMilliseconds)
            result.append((partition, ends.low, ends.high))
        }
        return result
    }

    /// Sends one request of the Admin API and waits for its event, which the caller destroys.
    func request(
        _ operation: rd_kafka_admin_op_t, _ timeoutMilliseconds: Int32,
        _ send: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void
    ) -> OpaquePointer? {
        let options = rd_kafka_AdminOptions_new(client, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        _ = rd_kafka_AdminOptions_set_request_timeout(options, timeoutMilliseconds, nil, 0)
        let queue = rd_kafka_queue_new(client)
        defer { rd_kafka_queue_destroy(queue) }
        send(options, queue)
        // The request has its own timeout, which answers with an event; this one is for the answer to arrive.
        return rd_kafka_queue_poll(queue, timeoutMilliseconds + 5_000)
    }

    func check(
        _ event: OpaquePointer?, _ action: String, _ topic: String,
        _ results: (OpaquePointer, inout Int) -> UnsafeMutablePointer<OpaquePointer?>?
    ) throws(KafkaError) {
        guard let event else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, doing: action, topic: topic)
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, doing: action, topic: topic) }
        var count = 0
        let first = results(event, &count)
        guard count > 0, let result = first?[0] else { return }
        let refused = rd_kafka_topic_result_error(result)
        if refused != RD_KAFKA_RESP_ERR_NO_ERROR {
            var failure = KafkaError(refused, doing: action, topic: topic)
            if let text = rd_kafka_topic_result_error_string(result) {
                failure.message = action + ": " + String(cString: text)
            }
            throw failure
        }
    }
}
