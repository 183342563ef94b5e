internal import CRdkafka
import Streams

extension KafkaAdmin {
    /// Every topic of the cluster: how many partitions it has, and how many of them have a leader.
    public func topics(
        timeoutMilliseconds: Int32 = 10_000
    ) throws(KafkaError) -> [String: (partitions: Int, led: Int)] {
        var metadata: UnsafePointer<rd_kafka_metadata_t>?
        let code = rd_kafka_metadata(client, 1, nil, &metadata, timeoutMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            throw KafkaError(code, doing: "listing the topics")
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        var topics: [String: (partitions: Int, led: Int)] = [:]
        for topic in UnsafeBufferPointer(start: metadata.pointee.topics, count: Int(metadata.pointee.topic_cnt))
        where topic.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
            topics[String(cString: topic.topic)] = (partitions.count, partitions.count { $0.leader >= 0 })
        }
        return topics
    }

    /// A consumer group with its members and what is assigned to them (KIP-222). Brokers answer `Dead` for a group that they
    /// do not know.
    public func describeGroup(_ name: String, timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) -> KafkaGroup {
        let action = "describing group \(name)"
        let client = client
        let event = name.withCString { text in
            request(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, timeoutMilliseconds) { options, queue in
                var groups: UnsafePointer<CChar>? = text
                rd_kafka_DescribeConsumerGroups(client, &groups, 1, options, queue)
            }
        }
        guard let event else { throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, doing: action) }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, doing: action) }
        var count = 0
        let first = rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(event), &count)
        guard count == 1, let group = first?[0] else { return KafkaGroup(state: "Dead", members: []) }
        if let error = rd_kafka_ConsumerGroupDescription_error(group),
            rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR
        {
            throw KafkaError(rd_kafka_error_code(error), doing: action)
        }
        let members = (0..<rd_kafka_ConsumerGroupDescription_member_count(group)).compactMap { index in
            rd_kafka_ConsumerGroupDescription_member(group, index).map(Self.member)
        }
        let state = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(group))
        return KafkaGroup(state: state.map { String(cString: $0) } ?? "Unknown", members: members)
    }

    private static func member(_ member: OpaquePointer) -> KafkaGroup.Member {
        func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
        var partitions: [String: [Partition]] = [:]
        if let assignment = rd_kafka_MemberDescription_assignment(member),
            let list = rd_kafka_MemberAssignment_partitions(assignment)
        {
            for element in UnsafeMutablePointer(mutating: list).elements {
                partitions[text(element.topic) ?? "", default: []].append(Partition(element.partition))
            }
        }
        let instance = text(rd_kafka_MemberDescription_group_instance_id(member))
        return KafkaGroup.Member(
            clientID: text(rd_kafka_MemberDescription_client_id(member)) ?? "",
            instanceID: instance?.isEmpty == false ? instance : nil,
            host: text(rd_kafka_MemberDescription_host(member)) ?? "", partitions: partitions)
    }
}
