public import Streams

/// A topic and its archive as one log: what is archived is read from there, and the topic goes on at exactly the next
/// offset. Where the two do not fit together, reading is an error that names the offsets.
///
/// Partitions that are not archived yet are read from the topic alone.
public final class ContinuedLog: PartitionedLog {
    public let topic: String
    /// The partitions of which nothing proves that topic and archive are the same log: the topic holds none of the last
    /// archived records any more. For a warning.
    public private(set) var unverifiedPartitions: Set<Partition> = []

    private let archive: ArchivedLog
    private let log: any PartitionedLog
    /// Nil for a partition that is not archived.
    private var seams: [Partition: ArchiveSeam?] = [:]
    private var readsArchive = false

    /// - Parameter log: the topic.
    /// - Throws: `invalidArgument` where the two have different names.
    public init(archive: ArchivedLog, then log: any PartitionedLog) throws(ArchiveError) {
        guard archive.topic == log.topic else {
            throw ArchiveError(
                .invalidArgument, "an archive of \(archive.topic) cannot be continued in the topic \(log.topic)")
        }
        topic = log.topic
        self.archive = archive
        self.log = log
    }

    public var description: String { "\(archive.description), then \(log.description)" }

    /// The topic's partitions.
    /// - Throws: `otherTopic` where the archive has one that the topic has not.
    public func partitions() throws -> [Partition] {
        let current = try log.partitions()
        for partition in try archive.partitions() where !current.contains(partition) {
            throw ArchiveError(
                .otherTopic,
                "the archive has partition \(partition) and the topic has \(current.count): the topic was made again with "
                    + "fewer; read the archive alone", path: archive.folder.path, topic: topic, partition: partition)
        }
        return current
    }

    /// From the archive's beginning to the topic's end. Looks at the seam again: the archive may have grown.
    public func bounds(of partition: Partition) throws -> LogBounds {
        // In this order: an archive that grows meanwhile would reach beyond ends that were asked for before.
        let archived = try archive.archivedBounds(of: partition)
        let ends = try log.bounds(of: partition)
        seams[partition] = try check(partition, archived, ends)
        return LogBounds(start: archived?.start ?? ends.start, end: ends.end)
    }

    @discardableResult
    public func forEach(
        in partition: Partition, from start: Offset, to end: Offset, _ body: (Record) throws -> Void
    ) throws -> Int {
        guard start < end else { return 0 }
        if seams[partition] == nil { _ = try bounds(of: partition) }
        guard let seam = seams[partition] ?? nil else {
            return try log.forEach(in: partition, from: start, to: end, body)
        }
        var count = 0
        if start < seam.next {
            readsArchive = true
            defer { readsArchive = false }
            count += try archive.forEach(in: partition, from: start, to: min(end, seam.next), body)
        }
        if end > seam.next { count += try log.forEach(in: partition, from: max(start, seam.next), to: end, body) }
        return count
    }

    public func headers(of record: Record) -> [RecordHeader] {
        readsArchive ? archive.headers(of: record) : log.headers(of: record)
    }

    private func check(_ partition: Partition, _ archived: LogBounds?, _ ends: LogBounds) throws -> ArchiveSeam? {
        guard let archived else { return nil }
        // What was proved stays proved: the archive does not change, and only where it ends is new.
        if let known = seams[partition] ?? nil, known.next == archived.end, known.isVerified,
            ends.start <= known.next, known.next <= ends.end
        {
            return known
        }
        let seam = try ArchiveSeam.check(archive, bounds: archived, against: log, ends: ends, in: partition)
        if seam.isVerified { unverifiedPartitions.remove(partition) } else { unverifiedPartitions.insert(partition) }
        return seam
    }
}
