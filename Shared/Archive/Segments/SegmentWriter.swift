public import Streams

/// Writes one segment: aside, under a name that no reader takes for a segment, and under its own name only when it is
/// complete and on the disk. What is not finished is nothing: a process that dies leaves a file that is thrown away.
///
/// Belongs to one thread. Holds one block in memory.
public final class SegmentWriter {
    public let topic: String
    public let partition: Partition
    /// The first offset that the segment covers.
    public let first: Offset
    /// The offset after the last record; `first` before there is one.
    public private(set) var next: Offset
    public private(set) var recordCount: Int64 = 0
    /// The bytes of the records so far, before compression.
    public private(set) var uncompressedByteCount = 0

    /// The bytes of the file, once it is finished.
    public private(set) var fileByteCount = 0

    private let folder: String
    private let aside: String
    private let compressor: SegmentCompressor
    private let blockBytes: Int
    private var file: OpenFile?
    private var block: RecordBlock
    private var chain: [UInt32] = []
    private var blocksByteCount = 0
    private var lowestTimestamp: Int64 = -1
    private var highestTimestamp: Int64 = -1

    static let asideEnding = ".partial"

    /// Starts a segment in a folder that `ArchiveFolder.prepare` has made.
    /// - Parameters:
    ///   - folder: the partition's.
    ///   - compressor: may be shared by the writers of one thread.
    ///   - blockBytes: how many bytes of records are compressed at once.
    init(
        folder: String, topic: String, partition: Partition, first: Offset, compressor: SegmentCompressor,
        blockBytes: Int
    ) throws(ArchiveError) {
        guard first.rawValue >= 0, partition.rawValue >= 0 else {
            throw ArchiveError(
                .invalidArgument, "a segment cannot begin at offset \(first)", topic: topic, partition: partition)
        }
        self.folder = folder
        self.topic = topic
        self.partition = partition
        self.first = first
        self.compressor = compressor
        self.blockBytes = blockBytes
        next = first
        let name = ArchivedSegment.fileName(first: first, last: first)
        aside = "\(folder)/\(name.prefix(20))\(Self.asideEnding)"
        block = RecordBlock(capacity: min(blockBytes, 64 << 10))
        file = try OpenFile(creating: aside)
        // Its place is kept; what it says is known at the end.
        let header = [UInt8](repeating: 0, count: SegmentHeader.byteCount(topic: topic))
        try header.withBytes(write)
    }

    /// Takes a record.
    /// - Throws: `invalidArgument` where the offset is not above that of the record before, `tooLarge`, `fileSystem`.
    public func append(_ record: Record, headers: [RecordHeader] = []) throws(ArchiveError) {
        guard record.offset >= next, record.offset.rawValue < .max else {
            throw ArchiveError(
                .invalidArgument, "offset \(record.offset) came where \(next) or a later one was expected",
                topic: topic,
                partition: partition)
        }
        let bound = RecordBlock.bound(record, headers)
        guard bound <= SegmentFormat.blockMaximumBytes else {
            throw ArchiveError(
                .tooLarge,
                "the record at offset \(record.offset) has more than \(SegmentFormat.blockMaximumBytes >> 20) MiB, "
                    + "which a segment cannot hold", topic: topic, partition: partition)
        }
        if block.recordCount > 0, block.byteCount + bound > blockBytes { try finishBlock() }
        let before = block.byteCount
        block.append(record, headers, bound: bound)
        uncompressedByteCount += block.byteCount - before
        next = record.offset.next
        recordCount += 1
        let timestamp = record.timestampMilliseconds
        if timestamp >= 0 {
            lowestTimestamp = lowestTimestamp < 0 ? timestamp : min(lowestTimestamp, timestamp)
            highestTimestamp = max(highestTimestamp, timestamp)
        }
    }

    /// Finishes the segment and gives it its name. Once it returns, the segment survives a loss of power.
    /// - Parameter last: the last offset that is known to be covered: that of the last record, or a later one where the
    ///   log is known to have no record up to there.
    /// - Throws: `alreadyThere`, `fileSystem`; then there is no segment of this writer, and the writer is of no more use.
    public func finish(last: Offset) throws(ArchiveError) -> ArchivedSegment {
        guard last >= first, last.next >= next, last.rawValue < .max else {
            throw ArchiveError(
                .invalidArgument, "a segment of the offsets \(first) to \(next.previous) cannot end at \(last)",
                topic: topic, partition: partition)
        }
        if block.recordCount > 0 { try finishBlock() }
        let header = SegmentHeader(
            topic: topic, partition: partition, first: first, last: last, recordCount: recordCount,
            lowestTimestampMilliseconds: lowestTimestamp, highestTimestampMilliseconds: highestTimestamp
        ).encoded()
        let headerChecksum = header.withUnsafeBytes {
            $0.littleEndian(at: $0.count - SegmentFormat.checksumBytes, as: UInt32.self)
        }
        var checksum = Checksum()
        checksum.update(headerChecksum)
        for block in chain { checksum.update(block) }
        let footer = SegmentFooter(
            recordCount: recordCount, blocksByteCount: Int64(blocksByteCount), blockCount: UInt32(chain.count),
            headerChecksum: headerChecksum, chain: checksum
        ).encoded()
        try footer.withBytes(write)
        try header.withBytes { bytes throws(ArchiveError) in try file?.write(bytes, at: 0) }
        try file?.synchronize()
        file = nil
        fileByteCount = header.count + blocksByteCount + footer.count
        let path = "\(folder)/\(ArchivedSegment.fileName(first: first, last: last))"
        try Folders.publish(aside, as: path, in: folder)
        return ArchivedSegment(topic: topic, partition: partition, first: first, last: last, path: path)
    }

    private func finishBlock() throws(ArchiveError) {
        let headerBytes = SegmentFormat.blockHeaderBytes
        let raw = block.bytes
        let count = try compressor.compress(raw, leaving: headerBytes)
        let data = UnsafeRawBufferPointer(rebasing: compressor.bytes[headerBytes..<(headerBytes + count)])
        let (header, checksum) = BlockHeader(
            compressedCount: count, rawCount: raw.count, recordCount: block.recordCount, first: block.first,
            last: block.last, dataChecksum: Checksum.of(data)
        ).encoded()
        compressor.bytes.copyBytes(from: header)
        try write(UnsafeRawBufferPointer(rebasing: compressor.bytes[..<(headerBytes + count)]))
        chain.append(checksum)
        blocksByteCount += headerBytes + count
        block.removeAll()
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        guard file != nil else {
            throw ArchiveError(.invalidArgument, "the segment is finished", topic: topic, partition: partition)
        }
        try file?.write(bytes)
    }
}
