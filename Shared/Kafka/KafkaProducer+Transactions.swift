internal import CRdkafka
public import Streams

/// Kafka's transactions (KIP-98), for a producer that was made with a transactional id.
///
/// What an error asks for is in it: `isFatal` (release this producer and make a new one), `requiresAbort` (abort, then
/// begin again), `isRetriable` (make the same call again). A commit that times out leaves open whether it happened:
/// release the producer and make a new one under the same id, which settles it, and read what was written.
extension KafkaProducer {
    /// Fences whoever used the transactional id before, and settles its open transaction. Once, before `begin`.
    public func initTransactions(timeoutMilliseconds: Int32 = 30_000) throws(KafkaError) {
        try check(rd_kafka_init_transactions(client, timeoutMilliseconds), "initialising transactions")
    }

    public func beginTransaction() throws(KafkaError) {
        try check(rd_kafka_begin_transaction(client), "beginning a transaction")
    }

    /// Waits for every record of the transaction to be delivered, then commits it.
    public func commitTransaction(timeoutMilliseconds: Int32 = 30_000) throws(KafkaError) {
        try check(rd_kafka_commit_transaction(client, timeoutMilliseconds), "committing a transaction")
        // A failed delivery fails the commit itself, so what is remembered here belongs to an aborted transaction.
        context.firstFailure = nil
    }

    /// Drops what was not delivered yet and aborts: nobody who reads committed records sees any of it.
    public func abortTransaction(timeoutMilliseconds: Int32 = 30_000) throws(KafkaError) {
        try check(rd_kafka_abort_transaction(client, timeoutMilliseconds), "aborting a transaction")
        context.firstFailure = nil
    }

    /// Makes a group's offsets part of the transaction.
    /// - Parameter offsets: for each partition the offset to be read next.
    public func sendOffsets(
        _ offsets: [(Partition, Offset)], topic: String, group: String, timeoutMilliseconds: Int32 = 30_000
    ) throws(KafkaError) {
        guard let metadata = rd_kafka_consumer_group_metadata_new(group) else {
            throw KafkaError(code: .invalidArgument, message: "the group id \"\(group)\" is refused")
        }
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        try sendOffsets(offsets, topic: topic, metadata: metadata, timeoutMilliseconds)
    }

    /// Makes offsets of a consumer's group part of the transaction; refused when the consumer is no longer a member
    /// of its group's present generation (KIP-447).
    public func sendOffsets(
        _ offsets: [(Partition, Offset)], of consumer: KafkaConsumer, timeoutMilliseconds: Int32 = 30_000
    ) throws(KafkaError) {
        guard let metadata = rd_kafka_consumer_group_metadata(consumer.client) else {
            throw KafkaError(code: .invalidState, message: "the consumer is in no group: subscribe it before")
        }
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        try sendOffsets(offsets, topic: consumer.topic, metadata: metadata, timeoutMilliseconds)
    }

    private func sendOffsets(
        _ offsets: [(Partition, Offset)], topic: String, metadata: OpaquePointer, _ timeoutMilliseconds: Int32
    ) throws(KafkaError) {
        // librdkafka copies the name, so it has to live for the making of the list alone.
        let list = PartitionList(capacity: offsets.count)
        for (partition, offset) in offsets { list.add(topic, partition, offset) }
        try check(
            rd_kafka_send_offsets_to_transaction(client, list.pointer, metadata, timeoutMilliseconds),
            "adding offsets to a transaction")
    }

    private func check(_ error: OpaquePointer?, _ action: String) throws(KafkaError) {
        if let error { throw KafkaError(adopting: error, doing: action) }
    }
}
