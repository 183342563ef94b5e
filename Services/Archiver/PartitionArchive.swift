import Archive
import Runtime
import Streams

/// One partition on its way into segments: the segment that is being written, and where the next one begins.
final class PartitionArchive {
    let partition: Partition
    let gauges: ArchiverMetrics.Gauges
    /// The offset after the last one that is in a segment.
    private(set) var archived: Offset
    /// The offset to be read next: everything before it is archived, in the open segment, or was not delivered.
    private(set) var expected: Offset
    private(set) var writer: SegmentWriter?
    /// When the first offset after `archived` was heard of, by the monotonic clock.
    private(set) var openedAt: Int64?
    private(set) var oldestTimestamp: Int64?

    init(_ partition: Partition, from start: Offset, gauges: ArchiverMetrics.Gauges) {
        self.partition = partition
        self.gauges = gauges
        archived = start
        expected = start
        gauges.nextOffset.set(start.rawValue)
    }

    var byteCount: Int { writer?.uncompressedByteCount ?? 0 }

    /// Takes a record.
    /// - Parameter makeWriter: starts a segment at an offset.
    func take(
        _ record: Record, headers: [RecordHeader], at now: Int64, _ makeWriter: (Offset) throws -> SegmentWriter
    ) throws {
        guard record.offset >= expected else {
            throw ArchiveError(
                .otherTopic,
                "Kafka delivered offset \(record.offset) after \(expected.previous): this client never steps back, so the "
                    + "topic was changed under it; start again, which compares the archive with it",
                partition: partition)
        }
        let writer = try self.writer ?? makeWriter(archived)
        self.writer = writer
        try writer.append(record, headers: headers)
        expected = record.offset.next
        if openedAt == nil { openedAt = now }
        if oldestTimestamp == nil, record.timestampMilliseconds >= 0 { oldestTimestamp = record.timestampMilliseconds }
    }

    /// The partition has nothing before this offset that was not delivered: what is missing, the log does not have.
    func ended(_ offset: Offset, at now: Int64) {
        guard offset > expected else { return }
        expected = offset
        if openedAt == nil { openedAt = now }
    }

    /// Finishes the segment; offsets without records make one as well, so that a topic whose end was removed does not
    /// look as if records were missing.
    /// - Returns: the segment and its writer; nil where there is nothing to write.
    func finish(
        _ makeWriter: (Offset) throws -> SegmentWriter
    ) throws -> (segment: ArchivedSegment, writer: SegmentWriter)? {
        guard expected > archived else { return nil }
        let writer = try self.writer ?? makeWriter(archived)
        let segment = try writer.finish(last: expected.previous)
        archived = expected
        self.writer = nil
        openedAt = nil
        oldestTimestamp = nil
        gauges.nextOffset.set(archived.rawValue)
        return (segment, writer)
    }

    func sample(knownEnd: Offset?, unixMilliseconds: Int64) {
        gauges.lagRecords.set(max(0, max(knownEnd ?? expected, expected).rawValue - archived.rawValue))
        gauges.lagSeconds.set(Double(max(0, unixMilliseconds - (oldestTimestamp ?? unixMilliseconds))) / 1_000)
    }
}
