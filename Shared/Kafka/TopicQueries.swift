internal import CRdkafka
import Streams

// Questions that every kind of client can ask a broker.

/// Asks the partition's leader for both ends of its log.
func queryWatermarkOffsets(
    _ client: OpaquePointer, topic: String, partition: Partition, timeoutMilliseconds: Int32
) throws(KafkaError) -> (low: Offset, high: Offset) {
    var low: Int64 = 0
    var high: Int64 = 0
    let code = rd_kafka_query_watermark_offsets(
        client, topic, partition.rawValue, &low, &high, timeoutMilliseconds)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
        throw KafkaError(code, doing: "asking for the ends of the log", topic: topic, partition: partition)
    }
    return (Offset(low), Offset(high))
}

/// Asks how many partitions a topic has, and how many of them have a leader.
/// - Throws: `unknownTopicOrPartition` where there is no such topic.
func describeTopic(
    _ client: OpaquePointer, _ topic: String, _ timeoutMilliseconds: Int32
) throws(KafkaError) -> (partitions: Int, led: Int) {
    guard let handle = rd_kafka_topic_new(client, topic, nil) else {
        throw KafkaError(rd_kafka_last_error(), doing: "naming the topic", topic: topic)
    }
    defer { rd_kafka_topic_destroy(handle) }
    var metadata: UnsafePointer<rd_kafka_metadata_t>?
    let code = rd_kafka_metadata(client, 0, handle, &metadata, timeoutMilliseconds)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
        throw KafkaError(code, doing: "describing the topic", topic: topic)
    }
    defer { rd_kafka_metadata_destroy(metadata) }
    guard metadata.pointee.topic_cnt == 1 else {
        throw KafkaError(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, doing: "describing the topic", topic: topic)
    }
    let found = metadata.pointee.topics[0]
    if found.err != RD_KAFKA_RESP_ERR_NO_ERROR {
        throw KafkaError(found.err, doing: "describing the topic", topic: topic)
    }
    let partitions = UnsafeBufferPointer(start: found.partitions, count: Int(found.partition_cnt))
    return (partitions.count, partitions.count { $0.leader >= 0 })
}
