internal import CRdkafka
import Streams

/// Owner of an `rd_kafka_topic_partition_list_t` of one topic. Lives for one call on one thread.
struct PartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) { pointer = rd_kafka_topic_partition_list_new(Int32(capacity)) }

    init(adopting pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) { self.pointer = pointer }

    init(topic: UnsafePointer<CChar>, _ partitions: [Partition]) {
        self.init(capacity: partitions.count)
        for partition in partitions { add(topic, partition, nil) }
    }

    init(topic: UnsafePointer<CChar>, _ offsets: [(Partition, Offset)]) {
        self.init(capacity: offsets.count)
        for (partition, offset) in offsets { add(topic, partition, offset) }
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    func add(_ topic: UnsafePointer<CChar>, _ partition: Partition, _ offset: Offset?) {
        let element = rd_kafka_topic_partition_list_add(pointer, topic, partition.rawValue)!
        if let offset { element.pointee.offset = offset.rawValue }
    }

    var partitions: [Partition] { pointer.elements.map { Partition($0.partition) } }

    /// The first element that librdkafka has marked with an error.
    func firstFailure(doing action: String) -> KafkaError? {
        for element in pointer.elements where element.err != RD_KAFKA_RESP_ERR_NO_ERROR {
            return KafkaError(
                element.err, doing: action, topic: element.topic.map { String(cString: $0) },
                partition: Partition(element.partition))
        }
        return nil
    }
}

extension UnsafeMutablePointer<rd_kafka_topic_partition_list_t> {
    /// The elements in place: valid as long as the list.
    var elements: UnsafeBufferPointer<rd_kafka_topic_partition_t> {
        UnsafeBufferPointer(start: pointee.elems, count: Int(pointee.cnt))
    }
}
