internal import CRdkafka
public import Streams

extension KafkaAdmin {
    /// Makes a topic grow to this many partitions in all, and waits until each has a leader. Keys of records that are
    /// written from then on may go to other partitions than before.
    public func growTopic(
        _ name: String, toPartitions total: Int, timeoutMilliseconds: Int32 = 30_000
    ) throws(KafkaError) {
        let (made, text) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
            text.initialize(repeating: 0)
            let made = rd_kafka_NewPartitions_new(name, total, text.baseAddress, text.count)
            return (made, String(cString: text.baseAddress!))
        }
        guard let made else {
            throw KafkaError(code: .invalidArgument, message: "the growth is refused: \(text)", topic: name)
        }
        defer { rd_kafka_NewPartitions_destroy(made) }
        let client = client
        var partitions: OpaquePointer? = made
        let event = request(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, timeoutMilliseconds) { options, queue in
            rd_kafka_CreatePartitions(client, &partitions, 1, options, queue)
        }
        try check(event, "adding partitions", name) { event, count in
            rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event), &count)
        }
        try waitUntilTopicExists(name, partitions: total, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Removes the records of a partition before an offset, as retention would.
    public func deleteRecords(
        _ topic: String, _ partition: Partition, before offset: Offset, timeoutMilliseconds: Int32 = 30_000
    ) throws(KafkaError) {
        let list = PartitionList(topic: topic, [(partition, offset)])
        let made = rd_kafka_DeleteRecords_new(list.pointer)!
        defer { rd_kafka_DeleteRecords_destroy(made) }
        let client = client
        var records: OpaquePointer? = made
        let event = request(RD_KAFKA_ADMIN_OP_DELETERECORDS, timeoutMilliseconds) { options, queue in
            rd_kafka_DeleteRecords(client, &records, 1, options, queue)
        }
        let action = "removing the records before offset \(offset)"
        guard let event else {
            throw KafkaError(RD_KAFKA_RESP_ERR__TIMED_OUT, doing: action, topic: topic, partition: partition)
        }
        defer { rd_kafka_event_destroy(event) }
        var code = rd_kafka_event_error(event)
        if code == RD_KAFKA_RESP_ERR_NO_ERROR,
            let result = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event)),
            result.pointee.cnt == 1
        {
            code = result.pointee.elems[0].err
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw KafkaError(code, doing: action, topic: topic, partition: partition)
        }
    }
}
