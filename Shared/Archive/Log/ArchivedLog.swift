public import Streams

/// The archive of a topic, read like the topic.
public final class ArchivedLog: PartitionedLog {
    public let topic: String
    public let folder: ArchiveFolder
    private let buffers = SegmentBuffers()
    /// The names as they were when `bounds` was asked for last: the folder of a year has many.
    private var known: [Partition: [ArchivedSegment]] = [:]
    private var cursor: ArchiveCursor?

    /// - Throws: `invalidArgument` for a name that cannot be a topic's, `notArchived` where there is nothing of it.
    public init(folder: ArchiveFolder, topic: String) throws(ArchiveError) {
        self.folder = folder
        self.topic = topic
        _ = try folder.partitions(of: topic)
    }

    public var description: String { "archive \(folder.path), topic \(topic)" }

    /// The partitions that have a segment.
    public func partitions() throws -> [Partition] {
        try folder.partitions(of: topic).filter { try !listed($0, again: true).isEmpty }
    }

    /// - Throws: `notArchived` where there is no segment of the partition; `hole`, `overlap`, `damaged`, `fileSystem`.
    public func bounds(of partition: Partition) throws -> LogBounds {
        guard let bounds = try archivedBounds(of: partition) else {
            throw ArchiveError(
                .notArchived, "no segment of this partition is in the archive \(folder.path)", topic: topic,
                partition: partition)
        }
        return bounds
    }

    /// The same, nil where there is no segment of the partition.
    func archivedBounds(of partition: Partition) throws(ArchiveError) -> LogBounds? {
        let segments = try listed(partition, again: true)
        guard let first = segments.first, let last = segments.last else { return nil }
        return LogBounds(start: first.first, end: last.last.next)
    }

    @discardableResult
    public func forEach(
        in partition: Partition, from start: Offset, to end: Offset, _ body: (Record) throws -> Void
    ) throws -> Int {
        guard start < end else { return 0 }
        let cursor = try makeCursor(in: partition, from: start, to: end, buffers: buffers)
        self.cursor = cursor
        defer { self.cursor = nil }
        var count = 0
        while let record = try cursor.next() {
            try body(record)
            count += 1
        }
        return count
    }

    public func headers(of record: Record) -> [RecordHeader] { cursor?.headers ?? [] }

    /// The records of a range one by one, for whoever goes through several partitions side by side.
    /// - Throws: `notArchived` where the range is not covered; `hole`, `overlap`, `damaged`, `fileSystem`.
    public func cursor(in partition: Partition, from start: Offset, to end: Offset) throws(ArchiveError)
        -> ArchiveCursor
    {
        try makeCursor(in: partition, from: start, to: end, buffers: SegmentBuffers())
    }

    private func makeCursor(
        in partition: Partition, from start: Offset, to end: Offset, buffers: SegmentBuffers
    ) throws(ArchiveError) -> ArchiveCursor {
        var segments = try listed(partition, again: false)
        if !Self.covers(segments, start, end) { segments = try listed(partition, again: true) }
        guard Self.covers(segments, start, end) else {
            let has =
                segments.first.map { "it has offsets \($0.first) to \(segments[segments.count - 1].last)" }
                ?? "it has no segment of this partition"
            throw ArchiveError(
                .notArchived,
                "offsets \(start) to \(end.previous) were asked of the archive \(folder.path), and \(has)",
                topic: topic, partition: partition)
        }
        return ArchiveCursor(segments, from: start, to: end, buffers: buffers)
    }

    private static func covers(_ segments: [ArchivedSegment], _ start: Offset, _ end: Offset) -> Bool {
        guard let first = segments.first, let last = segments.last else { return false }
        return first.first <= start && end <= last.last.next
    }

    private func listed(_ partition: Partition, again: Bool) throws(ArchiveError) -> [ArchivedSegment] {
        if !again, let segments = known[partition] { return segments }
        let segments = try folder.segments(of: topic, partition)
        known[partition] = segments
        return segments
    }
}
