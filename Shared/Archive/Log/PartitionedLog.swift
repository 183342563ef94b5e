public import Streams

/// The log of a topic as something that can be read again, any number of times: the topic itself (`KafkaLog`), an archive
/// of it (`ArchivedLog`), or an archive that is continued in the topic at exactly the next offset (`ContinuedLog`).
///
/// Belongs to one thread. Whatever stands behind it, the same offsets give the same records.
public protocol PartitionedLog: AnyObject {
    /// The topic whose log it is.
    var topic: String { get }
    /// Where the records come from, for people: "topic ad-events", "archive /srv/archive", "archive /srv/archive, then topic ad-events".
    var description: String { get }
    /// The partitions that there are, ascending.
    func partitions() throws -> [Partition]
    /// The first offset that can be read and the one after the last, as of now.
    func bounds(of partition: Partition) throws -> LogBounds
    /// Hands over every record with `start <= offset < end`, ascending by offset. A record is valid within `body` alone.
    /// - Parameter end: at most the end of `bounds`.
    /// - Returns: how many records there were; fewer than `end - start` where the log has no record at some offsets
    ///   (transaction markers, compaction).
    /// - Throws: what `body` throws, and whatever stands in the way of reading: an offset that is not there any more, a damaged
    ///   segment, a broker that does not answer. Nothing is passed over silently.
    @discardableResult
    func forEach(
        in partition: Partition, from start: Offset, to end: Offset, _ body: (Record) throws -> Void
    ) throws -> Int
    /// The headers of a record while it is valid, which is within the body of `forEach` that was handed it.
    func headers(of record: Record) -> [RecordHeader]
}

extension PartitionedLog {
    /// Of a log that keeps no headers.
    public func headers(of record: Record) -> [RecordHeader] { [] }
}
