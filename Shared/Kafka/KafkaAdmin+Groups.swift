internal import CRdkafka
public import Streams

extension KafkaAdmin {
    /// What a group has committed of a topic, as lag tools see it; partitions without a commit are left out.
    public func committedOffsets(
        group: String, topic: String, timeoutMilliseconds: Int32 = 10_000
    ) throws(KafkaError) -> [Partition: Offset] {
        let count = try partitionCount(topic, timeoutMilliseconds: timeoutMilliseconds)
        let asked = PartitionList(topic: topic, (0..<Int32(count)).map { Partition($0) })
        let made = rd_kafka_ListConsumerGroupOffsets_new(group, asked.pointer)!
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(made) }
        let client = client
        var groups: OpaquePointer? = made
        let event = request(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, timeoutMilliseconds) { options, queue in
            rd_kafka_ListConsumerGroupOffsets(client, &groups, 1, options, queue)
        }
        let action = "asking for the offsets of group \(group)"
        guard let event else { throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, doing: action, topic: topic) }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(code, doing: action, topic: topic) }
        var results = 0
        let first = rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(event), &results)
        guard results == 1, let result = first?[0] else { return [:] }
        if let error = rd_kafka_group_result_error(result) {
            throw KafkaError(rd_kafka_error_code(error), doing: action, topic: topic)
        }
        guard let list = rd_kafka_group_result_partitions(result) else { return [:] }
        var committed: [Partition: Offset] = [:]
        for element in UnsafeMutablePointer(mutating: list).elements where element.offset >= 0 {
            committed[Partition(element.partition)] = Offset(element.offset)
        }
        return committed
    }
}
