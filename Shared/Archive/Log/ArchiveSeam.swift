public import Streams

/// The place where a partition's archive ends and its topic goes on, and whether the two belong together.
public struct ArchiveSeam: Sendable, Equatable {
    /// The offset after the last archived one: the first to be read from the topic.
    public var next: Offset
    /// How many archived records were found again in the topic, the same in every byte.
    public var matched: Int
    /// False where the topic holds none of the last archived records any more, so that nothing proves that it is the topic
    /// which was archived: the log begins after them, or compaction took all of them.
    public var isVerified: Bool { matched > 0 }

    /// How many offsets before the archive's end are compared.
    static let overlap: Int64 = 100

    /// Compares the end of a partition's archive with the topic.
    /// - Parameters:
    ///   - archived: the partition's archive; not empty.
    ///   - log: the topic.
    ///   - ends: the ends of the topic's log.
    /// - Throws: `hole` where the log begins after the archive's end, `otherTopic` where it ends before it or holds other
    ///   records at the same offsets, both naming the offsets and what to do; and what reading throws.
    public static func check(
        _ archive: ArchivedLog, bounds archived: LogBounds, against log: any PartitionedLog, ends: LogBounds,
        in partition: Partition
    ) throws -> ArchiveSeam {
        func failure(_ code: ArchiveError.Code, _ message: String) -> ArchiveError {
            ArchiveError(code, message, path: archive.folder.path, topic: archive.topic, partition: partition)
        }
        guard ends.start <= archived.end else {
            throw failure(
                .hole,
                "the archive ends at offset \(archived.end.previous) and the topic begins at \(ends.start): offsets "
                    + "\(archived.end) to \(ends.start.previous) are in neither. The topic's retention removed them before "
                    + "they were archived, or it is another topic. Look for them in a copy of the topic; where there is "
                    + "none, move the topic's folder out of the archive and begin a new one")
        }
        guard archived.end <= ends.end else {
            throw failure(
                .otherTopic,
                "the archive ends at offset \(archived.end.previous) and the topic already at \(ends.end.previous): the topic "
                    + "was made again or lost its end. " + Self.advice)
        }
        let start = max(archived.start, ends.start, Offset(max(0, archived.end.rawValue - overlap)))
        guard start < archived.end else { return ArchiveSeam(next: archived.end, matched: 0) }
        var kept: [Offset: Int] = [:]
        try archive.forEach(in: partition, from: start, to: archived.end) { record in
            kept[record.offset] = digest(record, archive.headers(of: record))
        }
        var matched = 0
        try log.forEach(in: partition, from: start, to: archived.end) { record in
            guard kept[record.offset] == digest(record, log.headers(of: record)) else {
                let what = kept[record.offset] == nil ? "the archive has none" : "the archived one is another one"
                throw failure(
                    .otherTopic,
                    "the topic has a record at offset \(record.offset), where \(what): the topic was made again under the "
                        + "same name, or the archive belongs to another cluster. " + Self.advice)
            }
            matched += 1
        }
        return ArchiveSeam(next: archived.end, matched: matched)
    }

    private static let advice =
        "Nothing was written. Archive the new topic into another folder, or move this topic's folder out of the archive; "
        + "what is archived stays readable"

    /// Of everything that a record consists of; equal within one process for equal records.
    private static func digest(_ record: Record, _ headers: [RecordHeader]) -> Int {
        var hasher = Hasher()
        hasher.combine(record.timestampMilliseconds)
        for bytes in [record.key, record.value] {
            hasher.combine(bytes?.count ?? -1)
            if let bytes { hasher.combine(bytes: bytes) }
        }
        hasher.combine(headers)
        return hasher.finalize()
    }
}
