public import Kafka
public import Streams

/// A topic, read without a group: committed records only.
public final class KafkaLog: PartitionedLog {
    public let topic: String
    private let reader: KafkaRecordReader
    private let stallTimeoutMilliseconds: Int

    /// - Parameter stallTimeoutMilliseconds: how long to wait for the broker without any progress.
    public init(
        topic: String, configuration: KafkaClientConfiguration, stallTimeoutMilliseconds: Int = 30_000,
        log: KafkaLogHandler? = nil
    ) throws {
        self.topic = topic
        self.stallTimeoutMilliseconds = stallTimeoutMilliseconds
        reader = try KafkaRecordReader(configuration: configuration, log: log)
    }

    public var description: String { "topic \(topic)" }

    public func partitions() throws -> [Partition] {
        let count = try reader.partitionCount(of: topic, timeoutMilliseconds: Int32(clamping: stallTimeoutMilliseconds))
        return (0..<Int32(count)).map { Partition($0) }
    }

    public func bounds(of partition: Partition) throws -> LogBounds {
        let (low, high) = try reader.watermarkOffsets(
            topic: topic, partition: partition, timeoutMilliseconds: Int32(clamping: stallTimeoutMilliseconds))
        return LogBounds(start: low, end: high)
    }

    @discardableResult
    public func forEach(
        in partition: Partition, from start: Offset, to end: Offset, _ body: (Record) throws -> Void
    ) throws -> Int {
        try reader.forEach(
            topic: topic, partition: partition, from: start, to: end,
            stallTimeoutMilliseconds: stallTimeoutMilliseconds, body)
    }

    public func headers(of record: Record) -> [RecordHeader] { KafkaStoredRecord.headers(of: record) }
}
