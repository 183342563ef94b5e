/// What stands at the end of a segment. A file that was cut off anywhere has none, or one that does not fit its length.
struct SegmentFooter {
    var recordCount: Int64
    /// How many bytes lie between the header and the footer.
    var blocksByteCount: Int64
    var blockCount: UInt32
    /// The header's checksum, so that header and rest belong together.
    var headerChecksum: UInt32
    /// Over the checksums of the header and of all blocks in their order, and the footer's bytes before it: that of the
    /// whole file, because each of those covers its part of it.
    var fileChecksum: UInt32

    func encoded() -> [UInt8] {
        var bytes = fields
        bytes.append(littleEndian: fileChecksum)
        return bytes
    }

    /// - Throws: `damaged` with what is wrong, without a place.
    init(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
        guard bytes.count == SegmentFormat.footerBytes,
            bytes.littleEndian(at: 0, as: UInt64.self) == SegmentFormat.endMagic
        else {
            throw ArchiveError(
                .damaged, "the file does not end as a segment does: it was cut off, or something follows its end")
        }
        recordCount = bytes.littleEndian(at: 8, as: Int64.self)
        blocksByteCount = bytes.littleEndian(at: 16, as: Int64.self)
        blockCount = bytes.littleEndian(at: 24, as: UInt32.self)
        headerChecksum = bytes.littleEndian(at: 28, as: UInt32.self)
        fileChecksum = bytes.littleEndian(at: 32, as: UInt32.self)
    }

    /// - Parameter chain: the checksum so far, of the header's and the blocks' checksums.
    init(recordCount: Int64, blocksByteCount: Int64, blockCount: UInt32, headerChecksum: UInt32, chain: Checksum) {
        self.recordCount = recordCount
        self.blocksByteCount = blocksByteCount
        self.blockCount = blockCount
        self.headerChecksum = headerChecksum
        fileChecksum = 0
        fileChecksum = expectedChecksum(chain)
    }

    /// What the file's checksum must be after these checksums of the header and the blocks.
    func expectedChecksum(_ chain: Checksum) -> UInt32 {
        var checksum = chain
        fields.withUnsafeBytes { checksum.update($0) }
        return checksum.value
    }

    private var fields: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: SegmentFormat.endMagic)
        bytes.append(littleEndian: recordCount)
        bytes.append(littleEndian: blocksByteCount)
        bytes.append(littleEndian: blockCount)
        bytes.append(littleEndian: headerChecksum)
        return bytes
    }
}
