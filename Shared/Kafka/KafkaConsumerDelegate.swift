import Streams

/// What a consumer tells its owner. Every method is called on the polling thread, from within
/// `KafkaConsumer.withBatch` or `KafkaConsumer.close`, never concurrently.
///
/// Records that were taken from the queue for a batch before a rebalance was served in the same poll reach `body`
/// after the rebalance: discard whatever is not owned or lies before the offset that is expected next.
public protocol KafkaConsumerDelegate: AnyObject {
    /// The group gave these partitions to this member; all others are gone by now (eager rebalancing).
    /// - Returns: from which offsets to consume. A partition that is left out stays this member's in the group and is
    ///   not consumed.
    func partitionsAssigned(_ partitions: [Partition]) -> [(Partition, Offset)]

    /// The group takes these partitions away. Blocks until their work is committed, or as long as the owner is
    /// willing to wait: the next member gets them when this returns, unless `lost` is true.
    /// - Parameter lost: they are another member's already (this one was fenced, or stayed away too long).
    func partitionsRevoked(_ partitions: [Partition], lost: Bool)

    /// A partition cannot be consumed: its start offset is not in the log (`KafkaError.Code.offsetReset`), it is gone,
    /// or may not be read. Called after the records of the same batch were handed over. librdkafka tries again by
    /// itself where the cause can pass; after `offsetReset` it has stopped the partition.
    func partitionFailed(_ partition: Partition, error: KafkaError)

    /// The end of a partition was reached; `next` is the offset that will be written next. Called after the records of
    /// the same batch, and only with `KafkaConsumer.Settings.reportsEndOfPartition`.
    func endReached(_ partition: Partition, next: Offset)

    /// A connection to a broker was lost, or could not be made. librdkafka makes it again by itself. It may be
    /// reported more than once, but is reported at least once before any record is handed over that came through a
    /// later connection: what stands in the log may be another log from here on.
    func connectionLost(_ error: KafkaError)

    /// The group or the subscription has an error that may pass (authorization, a topic that is not there,
    /// `max.poll.interval.ms` exceeded).
    func consumerFailed(_ error: KafkaError)

    /// The consumer cannot go on, for instance because its group instance id was taken over.
    func fatal(_ error: KafkaError)

    /// A line of librdkafka's log.
    /// - Parameter level: as in syslog, 0 (emergency) to 7 (debug).
    func log(level: Int, facility: String, message: String)
}

extension KafkaConsumerDelegate {
    public func endReached(_ partition: Partition, next: Offset) {}
}
