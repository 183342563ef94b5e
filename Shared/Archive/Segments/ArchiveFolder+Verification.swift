import Streams

/// What was read to check an archive, and how much of it did not hold.
public struct ArchiveVerification: Sendable, Equatable {
    public var segments = 0
    public var records: Int64 = 0
    public var bytes: Int64 = 0
    public var faults = 0

    public init() {}
}

extension ArchiveFolder {
    /// Reads a topic's archive to the last byte: names, order, holes, every checksum, every record.
    /// - Parameters:
    ///   - verification: is added to.
    ///   - read: called after each segment; false ends the work.
    ///   - fault: called for whatever does not hold; the work goes on behind it.
    /// - Throws: `fileSystem` where a folder cannot be listed, `notArchived`, `invalidArgument`.
    public func verify(
        topic: String, into verification: inout ArchiveVerification, read: (ArchivedSegment) -> Bool,
        fault: (ArchiveError) -> Void
    ) throws(ArchiveError) {
        let buffers = SegmentBuffers()
        for stranger in try strangers(of: topic) {
            verification.faults += 1
            fault(stranger)
        }
        for partition in try partitions(of: topic) {
            let listing = try listing(of: topic, partition)
            for found in listing.faults {
                verification.faults += 1
                fault(found)
            }
            for segment in listing.segments {
                do throws(ArchiveError) {
                    let reader = try SegmentReader(segment, buffers: buffers)
                    while try reader.next() != nil {}
                    verification.records += reader.header.recordCount
                    verification.bytes += Int64(reader.fileByteCount)
                } catch {
                    verification.faults += 1
                    fault(error)
                }
                verification.segments += 1
                guard read(segment) else { return }
            }
        }
    }

    /// What lies in the folders of a topic and does not belong there. An unfinished segment does: somebody may be writing.
    private func strangers(of topic: String) throws(ArchiveError) -> [ArchiveError] {
        let folder = try topicFolder(topic)
        var strangers: [ArchiveError] = []
        for name in try Folders.names(in: folder) ?? [] where name != ArchiveLock.fileName {
            guard let partition = Self.partition(named: name), Folders.isFolder("\(folder)/\(name)") else {
                strangers.append(
                    ArchiveError(
                        .damaged, "this is neither a partition's folder nor the lock, and does not belong here",
                        path: "\(folder)/\(name)", topic: topic))
                continue
            }
            for file in try Folders.names(in: "\(folder)/\(name)") ?? []
            where !file.hasSuffix(ArchivedSegment.ending) && !file.hasSuffix(SegmentWriter.asideEnding) {
                strangers.append(
                    ArchiveError(
                        .damaged, "this is no segment, and does not belong here", path: "\(folder)/\(name)/\(file)",
                        topic: topic, partition: partition))
            }
        }
        return strangers
    }
}
