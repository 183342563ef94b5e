internal import CRdkafka
public import Streams

extension KafkaConsumer {
    /// Stops fetching from these partitions. Records that were fetched before may still arrive in the next batches
    /// (librdkafka 2.0.2): discard them, and `seek` to the first of them before `resume`.
    public func pause(_ partitions: [Partition]) throws(KafkaError) {
        let list = PartitionList(topic: topicName, partitions)
        try check(rd_kafka_pause_partitions(client, list.pointer), list, "pausing")
    }

    /// Fetches from these partitions again.
    public func resume(_ partitions: [Partition]) throws(KafkaError) {
        let list = PartitionList(topic: topicName, partitions)
        try check(rd_kafka_resume_partitions(client, list.pointer), list, "resuming")
    }

    /// Continues with another offset. Records from before may still arrive in the next batch: discard them.
    public func seek(_ partition: Partition, _ offset: Offset, timeoutMilliseconds: Int32 = 10_000) throws(KafkaError) {
        let list = PartitionList(topic: topicName, [(partition, offset)])
        if let error = rd_kafka_seek_partitions(client, list.pointer, timeoutMilliseconds) {
            throw KafkaError(
                adopting: error, doing: "seeking to offset \(offset)", topic: topic, partition: partition)
        }
        if let failure = list.firstFailure(doing: "seeking to offset \(offset)") { throw failure }
    }

    /// Writes offsets to the consumer group for lag tools to see. They are telemetry and are never read back; the
    /// call does not wait, and a failure is a line in the delegate's log.
    /// - Parameter offsets: for each partition the offset to be read next.
    public func mirrorOffsets(_ offsets: [(Partition, Offset)]) {
        guard !offsets.isEmpty else { return }
        let list = PartitionList(topic: topicName, offsets)
        let code = rd_kafka_commit(client, list.pointer, 1)
        context.offsetsMirrored(code)
    }

    /// The partitions that are consumed at present.
    public func assignment() throws(KafkaError) -> [Partition] {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        let code = rd_kafka_assignment(client, &list)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
            throw KafkaError(code, doing: "asking for the assignment", topic: topic)
        }
        return PartitionList(adopting: list).partitions
    }

    /// Whether the group has taken the assignment away already, so that nothing may be committed to it.
    public var assignmentLost: Bool { rd_kafka_assignment_lost(client) != 0 }

    /// The offset after the last record that was handed over; nil before the first.
    public func position(_ partition: Partition) throws(KafkaError) -> Offset? {
        let list = PartitionList(topic: topicName, [partition])
        try check(rd_kafka_position(client, list.pointer), list, "asking for the position")
        let offset = list.pointer.elements[0].offset
        return offset >= 0 ? Offset(offset) : nil
    }

    /// Asks the broker for the first offset of the log and for the one that will be written next.
    public func watermarkOffsets(
        _ partition: Partition, timeoutMilliseconds: Int32
    ) throws(KafkaError) -> (low: Offset, high: Offset) {
        try queryWatermarkOffsets(
            client, topic: topic, partition: partition, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// The offset that will be written next as the last fetch told it, without asking the broker; nil before that.
    public func cachedHighOffset(_ partition: Partition) -> Offset? {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_get_watermark_offsets(client, topicName, partition.rawValue, &low, &high)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? Offset(high) : nil
    }

    /// The subscribed topic.
    public var topic: String { String(cString: topicName) }

    private func check(_ code: rd_kafka_resp_err_t, _ list: borrowing PartitionList, _ action: String)
        throws(KafkaError)
    {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code, doing: action, topic: topic) }
        if let failure = list.firstFailure(doing: action) { throw failure }
    }
}
