public import Streams

/// Reads one segment from its beginning to its end, one block in memory. Every block is checked before it is decompressed;
/// whoever reads to the end has checked the whole file.
///
/// Belongs to one thread. A record is valid until the next one is read.
public final class SegmentReader {
    public let segment: ArchivedSegment
    public let header: SegmentHeader
    public let fileByteCount: Int

    private let file: OpenFile
    private let buffers: SegmentBuffers
    private let footer: SegmentFooter
    private let blocksEnd: Int
    private var place: Int
    private var cursor = RecordCursor()
    private var checksum = Checksum()
    private var blockCount: UInt32 = 0
    private var recordCount: Int64 = 0
    /// The offset that the next block begins at or behind.
    private var expected: Offset
    private var isChecked = false

    /// Opens a segment and checks its header and its footer: that it is complete, and the one that its name says.
    /// - Throws: `damaged`, `fileSystem`; with the path.
    public init(_ segment: ArchivedSegment, buffers: SegmentBuffers = SegmentBuffers()) throws(ArchiveError) {
        self.segment = segment
        self.buffers = buffers
        let file = try OpenFile(reading: segment.path)
        fileByteCount = try file.byteCount()
        let count = min(fileByteCount, SegmentFormat.headerMaximumBytes)
        buffers.compressed.reserve(SegmentFormat.headerMaximumBytes)
        let bytes = UnsafeMutableRawBufferPointer(start: buffers.compressed.start, count: count)
        try file.read(bytes, at: 0)
        let headerCount: Int
        let headerChecksum: UInt32
        do throws(ArchiveError) {
            (header, headerCount, headerChecksum) = try SegmentHeader.decode(UnsafeRawBufferPointer(bytes))
            guard fileByteCount >= headerCount + SegmentFormat.footerBytes else {
                throw ArchiveError(.damaged, "the file ends after \(fileByteCount) bytes, before its footer")
            }
            blocksEnd = fileByteCount - SegmentFormat.footerBytes
            let end = UnsafeMutableRawBufferPointer(
                start: buffers.compressed.start, count: SegmentFormat.footerBytes)
            try file.read(end, at: blocksEnd)
            footer = try SegmentFooter(UnsafeRawBufferPointer(end))
            guard footer.headerChecksum == headerChecksum, footer.recordCount == header.recordCount,
                footer.blocksByteCount == Int64(blocksEnd - headerCount)
            else { throw ArchiveError(.damaged, "the footer does not belong to the rest of the file") }
            guard header.topic == segment.topic, header.partition == segment.partition, header.first == segment.first,
                header.last == segment.last
            else {
                throw ArchiveError(
                    .damaged,
                    "the file says that it is \(header.topic)/\(header.partition), offsets \(header.first) to "
                        + "\(header.last): it was given another name, or put into another folder")
            }
        } catch {
            throw Self.located(error, segment)
        }
        self.file = consume file
        place = headerCount
        expected = header.first
        checksum.update(headerChecksum)
    }

    /// Passes over the blocks that end before an offset; to be called before the first `next`.
    /// - Throws: `damaged`, `fileSystem`; with the path.
    public func skip(to offset: Offset) throws(ArchiveError) {
        while place < blocksEnd {
            let (block, sum) = try nextBlockHeader()
            if block.last >= offset { return try load(block, sum) }
            pass(block, sum)
        }
        try checkEnd()
    }

    /// The next record; nil after the last one, when the whole file has been checked.
    /// - Throws: `damaged`, `fileSystem`; with the path.
    public func next() throws(ArchiveError) -> Record? {
        while true {
            let record: Record?
            do throws(ArchiveError) { record = try cursor.next() } catch { throw Self.located(error, segment) }
            if let record { return record }
            guard place < blocksEnd else {
                try checkEnd()
                return nil
            }
            let (block, sum) = try nextBlockHeader()
            try load(block, sum)
        }
    }

    /// The headers of the record that was read last.
    public var headers: [RecordHeader] { cursor.headers() }

    private func nextBlockHeader() throws(ArchiveError) -> (BlockHeader, UInt32) {
        let count = SegmentFormat.blockHeaderBytes
        guard place + count <= blocksEnd else { throw damaged("the blocks end within a block's header") }
        let bytes = UnsafeMutableRawBufferPointer(start: buffers.compressed.start, count: count)
        try file.read(bytes, at: place)
        let found: (header: BlockHeader, checksum: UInt32)
        do throws(ArchiveError) { found = try BlockHeader.decode(UnsafeRawBufferPointer(bytes)) } catch {
            throw Self.located(error, segment, at: place)
        }
        let block = found.header
        // Before anything is allocated for it.
        guard block.compressedCount <= blocksEnd - place - count else {
            throw damaged("a block reaches beyond the end of the blocks")
        }
        guard block.first >= expected, block.last <= header.last else {
            throw damaged("the block of offsets \(block.first) to \(block.last) does not follow \(expected.previous)")
        }
        return found
    }

    private func pass(_ block: BlockHeader, _ sum: UInt32) {
        place += SegmentFormat.blockHeaderBytes + block.compressedCount
        checksum.update(sum)
        blockCount += 1
        recordCount += Int64(block.recordCount)
        expected = block.last.next
    }

    private func load(_ block: BlockHeader, _ sum: UInt32) throws(ArchiveError) {
        buffers.compressed.reserve(block.compressedCount)
        let compressed = UnsafeMutableRawBufferPointer(start: buffers.compressed.start, count: block.compressedCount)
        try file.read(compressed, at: place + SegmentFormat.blockHeaderBytes)
        let data = UnsafeRawBufferPointer(compressed)
        guard Checksum.of(data) == block.dataChecksum else { throw damaged("a block's checksum does not hold") }
        buffers.raw.reserve(block.rawCount)
        let raw = UnsafeMutableRawBufferPointer(start: buffers.raw.start, count: block.rawCount)
        do throws(ArchiveError) { try buffers.decompressor.decompress(data, into: raw) } catch {
            throw Self.located(error, segment, at: place)
        }
        cursor = RecordCursor(UnsafeRawBufferPointer(raw), block, partition: segment.partition)
        pass(block, sum)
    }

    private func checkEnd() throws(ArchiveError) {
        guard !isChecked else { return }
        guard blockCount == footer.blockCount, recordCount == header.recordCount,
            footer.expectedChecksum(checksum) == footer.fileChecksum
        else { throw damaged("the checksum of the whole file does not hold") }
        isChecked = true
    }

    private func damaged(_ what: String) -> ArchiveError {
        Self.located(ArchiveError(.damaged, what), segment, at: place)
    }

    private static func located(_ error: ArchiveError, _ segment: ArchivedSegment, at place: Int? = nil) -> ArchiveError
    {
        var error = error
        error.path = segment.path
        error.topic = segment.topic
        error.partition = segment.partition
        if let place { error.message += ", at byte \(place)" }
        return error
    }
}
