public import Streams

/// A record copied out of the log: unlike `Streams.Record` it may be kept.
public struct KafkaStoredRecord: Sendable, Hashable {
    public var partition: Partition
    public var offset: Offset
    /// Milliseconds of Unix time; -1 where the log has none.
    public var timestampMilliseconds: Int64
    public var key: [UInt8]?
    /// Nil for a record without a payload; empty for an empty one.
    public var value: [UInt8]?
    public var headers: [RecordHeader]

    /// Copies a record while it is valid.
    public init(copying record: Record) {
        partition = record.partition
        offset = record.offset
        timestampMilliseconds = record.timestampMilliseconds
        key = record.key.map { [UInt8]($0) }
        value = record.value.map { [UInt8]($0) }
        headers = KafkaHeaders.read(record)
    }

    /// The headers of a record that came from Kafka, while it is valid. No other record's: its handle would be taken for
    /// one of librdkafka.
    public static func headers(of record: Record) -> [RecordHeader] { KafkaHeaders.read(record) }
}
