import Glibc
public import Streams

/// What the one process may do that has a topic's lock.
extension ArchiveFolder {
    /// Makes the topic's folder, takes its lock, and throws away what a process before left unfinished.
    /// - Returns: the lock, to be kept for as long as segments are written, and how many unfinished files there were.
    /// - Throws: `locked`, `fileSystem`, `invalidArgument` for the topic's name.
    public func prepare(topic: String) throws(ArchiveError) -> (lock: ArchiveLock, leftovers: Int) {
        let folder = try topicFolder(topic)
        guard Folders.isFolder(path) else {
            // Not made: a file system that is not mounted would be taken for an empty archive.
            throw ArchiveError(
                .fileSystem,
                "there is no such folder: make it, or mount the file system that has it", path: path)
        }
        try Folders.make(folder, in: path)
        let lock = try ArchiveLock(topicFolder: folder, topic: topic)
        var leftovers = 0
        for partition in try partitions(of: topic) {
            let folder = try partitionFolder(topic, partition)
            for name in try Folders.names(in: folder) ?? [] where name.hasSuffix(SegmentWriter.asideEnding) {
                guard unlink("\(folder)/\(name)") == 0 else { throw FileFailure.now("remove", "\(folder)/\(name)") }
                leftovers += 1
            }
        }
        return (lock, leftovers)
    }

    /// Starts a segment.
    /// - Parameters:
    ///   - first: the first offset that it covers: where the partition's archive goes on.
    ///   - compressor: may be shared by the writers of one thread.
    ///   - blockBytes: how many bytes of records are compressed at once: the memory of this writer.
    /// - Throws: `fileSystem`, `invalidArgument`.
    public func startSegment(
        of topic: String, _ partition: Partition, first: Offset, compressor: SegmentCompressor,
        blockBytes: Int = 512 << 10
    ) throws(ArchiveError) -> SegmentWriter {
        let folder = try partitionFolder(topic, partition)
        try Folders.make(folder, in: try topicFolder(topic))
        return try SegmentWriter(
            folder: folder, topic: topic, partition: partition, first: first, compressor: compressor,
            blockBytes: blockBytes)
    }

    /// Removes the segments whose records are all older, the oldest first and never one behind a younger one. The last
    /// segment stays however old it is: it says where the archive goes on.
    ///
    /// A segment whose records have no timestamps goes with the next one that has.
    /// - Returns: those that were removed.
    /// - Throws: `fileSystem`, `damaged`, `hole`, `overlap`: nothing is removed from what is not whole.
    public func removeSegments(
        of topic: String, _ partition: Partition, olderThanUnixMilliseconds limit: Int64
    ) throws(ArchiveError) -> [ArchivedSegment] {
        let segments = try segments(of: topic, partition)
        var removable = 0
        for (index, segment) in segments.dropLast().enumerated() {
            let newest = try SegmentReader(segment).header.highestTimestampMilliseconds
            if newest >= limit { break }
            if newest >= 0 { removable = index + 1 }
        }
        let removed = Array(segments[..<removable])
        for segment in removed {
            guard unlink(segment.path) == 0 else { throw FileFailure.now("remove", segment.path) }
            // One at a time on the disk as well: a loss of power leaves no hole either.
            try Folders.synchronize(try partitionFolder(topic, partition))
        }
        return removed
    }
}
