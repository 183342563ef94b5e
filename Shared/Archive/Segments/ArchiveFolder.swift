import Glibc
public import Streams

/// A folder of archived topics: FOLDER/TOPIC/PARTITION/FIRST-LAST.segment.
///
/// The folder itself is the record of what is archived: a partition goes on after the last offset of its last segment.
/// Holds no state but the path; every question is asked of the file system.
public struct ArchiveFolder: Sendable, Hashable {
    public let path: String

    public init(_ path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path
    }

    // MARK: What there is

    /// The topics with a folder of their own, sorted.
    /// - Throws: `notArchived` where the archive's folder is missing, `fileSystem`.
    public func topics() throws(ArchiveError) -> [String] {
        guard let names = try Folders.names(in: path) else {
            throw ArchiveError(
                .notArchived, "there is no such folder: is the path right, and the file system mounted?", path: path)
        }
        return names.filter { TopicName.isLegal($0) && Folders.isFolder("\(path)/\($0)") }
    }

    /// The partitions of a topic that have a folder, ascending.
    /// - Throws: `notArchived` where the topic has none, `invalidArgument` for a name that cannot be a topic's,
    ///   `fileSystem`.
    public func partitions(of topic: String) throws(ArchiveError) -> [Partition] {
        let folder = try topicFolder(topic)
        guard let names = try Folders.names(in: folder) else {
            throw ArchiveError(
                .notArchived, "nothing of this topic is in the archive \(path): are folder and topic right?",
                topic: topic)
        }
        return names.compactMap(Self.partition(named:)).filter { Folders.isFolder("\(folder)/\($0)") }.sorted()
    }

    /// The segments of a partition in the order of their offsets; none where there are none. Reads names alone.
    /// - Throws: `hole`, `overlap` or `damaged` (a name that is none) naming what is wrong, `fileSystem`.
    public func segments(of topic: String, _ partition: Partition) throws(ArchiveError) -> [ArchivedSegment] {
        let listing = try listing(of: topic, partition)
        if let fault = listing.faults.first { throw fault }
        return listing.segments
    }

    /// Where a partition's archive begins and where it goes on; nil where there is no segment.
    /// - Throws: as `segments`.
    public func bounds(of topic: String, _ partition: Partition) throws(ArchiveError) -> LogBounds? {
        let segments = try segments(of: topic, partition)
        guard let first = segments.first, let last = segments.last else { return nil }
        return LogBounds(start: first.first, end: last.last.next)
    }

    /// The segment that covers an offset; nil where none does.
    /// - Throws: as `segments`.
    public func segment(
        of topic: String, _ partition: Partition, covering offset: Offset
    ) throws(ArchiveError) -> ArchivedSegment? {
        let segments = try segments(of: topic, partition)
        guard let index = Self.index(of: offset, in: segments) else { return nil }
        return segments[index]
    }

    /// The place of the segment that covers an offset, among segments without holes.
    static func index(of offset: Offset, in segments: [ArchivedSegment]) -> Int? {
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].last < offset { low = middle + 1 } else { high = middle }
        }
        return low < segments.count && segments[low].first <= offset ? low : nil
    }

    // MARK: Inside

    func topicFolder(_ topic: String) throws(ArchiveError) -> String {
        try TopicName.check(topic)
        return "\(path)/\(topic)"
    }

    func partitionFolder(_ topic: String, _ partition: Partition) throws(ArchiveError) -> String {
        "\(try topicFolder(topic))/\(partition)"
    }

    /// Partition folders are plain decimal numbers, as they are written.
    static func partition(named name: String) -> Partition? {
        guard let number = Int32(name), number >= 0, String(number) == name else { return nil }
        return Partition(number)
    }

    /// The segments of a partition, and whatever is wrong with their names and with how they follow each other.
    func listing(
        of topic: String, _ partition: Partition
    ) throws(ArchiveError) -> (segments: [ArchivedSegment], faults: [ArchiveError]) {
        let folder = try partitionFolder(topic, partition)
        var segments: [ArchivedSegment] = []
        var faults: [ArchiveError] = []
        for name in try Folders.names(in: folder) ?? [] where name.hasSuffix(ArchivedSegment.ending) {
            guard let (first, last) = ArchivedSegment.range(ofFileName: name) else {
                faults.append(
                    ArchiveError(
                        .damaged,
                        "the name is none of a segment: FIRST-LAST.segment, both offsets with 20 digits, the first not "
                            + "above the last", path: "\(folder)/\(name)", topic: topic, partition: partition))
                continue
            }
            segments.append(
                ArchivedSegment(
                    topic: topic, partition: partition, first: first, last: last, path: "\(folder)/\(name)"))
        }
        // Names are sorted, and so are offsets of one width.
        for (before, after) in zip(segments, segments.dropFirst()) where after.first != before.last.next {
            faults.append(Self.fault(between: before, and: after))
        }
        return (segments, faults)
    }

    private static func fault(between before: ArchivedSegment, and after: ArchivedSegment) -> ArchiveError {
        let isHole = after.first > before.last
        let offsets =
            isHole
            ? "offsets \(before.last.next) to \(after.first.previous) are in no segment: one is missing between "
            : "offsets \(after.first) to \(min(before.last, after.last)) are in two segments: "
        let advice =
            isHole ? "; bring it back from a copy of the archive" : "; find out who put the second one there"
        return ArchiveError(
            isHole ? .hole : .overlap,
            offsets + "\(fileName(before)) and \(fileName(after))" + advice,
            path: String(after.path.dropLast(fileName(after).count + 1)), topic: after.topic, partition: after.partition
        )
    }

    private static func fileName(_ segment: ArchivedSegment) -> String {
        ArchivedSegment.fileName(first: segment.first, last: segment.last)
    }
}
