public import Streams

/// Goes through an archived partition record by record, over the borders of segments.
///
/// Belongs to one thread. A record is valid until the next one is read.
public final class ArchiveCursor {
    private let segments: ArraySlice<ArchivedSegment>
    private let buffers: SegmentBuffers
    private let start: Offset
    private let end: Offset
    private var upcoming: Int
    private var reader: SegmentReader?

    /// - Parameters:
    ///   - segments: those of one partition, in order and without holes.
    ///   - start: the first offset, one that the segments cover.
    ///   - end: the offset after the last.
    ///   - buffers: not to be used by another reader meanwhile.
    init(_ segments: [ArchivedSegment], from start: Offset, to end: Offset, buffers: SegmentBuffers) {
        let first = ArchiveFolder.index(of: start, in: segments) ?? segments.count
        self.segments = segments[first...]
        self.buffers = buffers
        self.start = start
        self.end = end
        upcoming = first
    }

    /// The next record; nil at the end.
    /// - Throws: `damaged`, `fileSystem`; with the path.
    public func next() throws(ArchiveError) -> Record? {
        while true {
            while let record = try reader?.next() {
                if record.offset < start { continue }
                return record.offset < end ? record : nil
            }
            guard upcoming < segments.endIndex, segments[upcoming].first < end else { return nil }
            let isFirst = upcoming == segments.startIndex
            let opened = try SegmentReader(segments[upcoming], buffers: buffers)
            if isFirst { try opened.skip(to: start) }
            reader = opened
            upcoming += 1
        }
    }

    /// The headers of the record that was read last.
    public var headers: [RecordHeader] { reader?.headers ?? [] }
}
