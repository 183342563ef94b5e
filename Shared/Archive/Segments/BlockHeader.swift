import Streams

/// What stands before the compressed bytes of a block.
struct BlockHeader {
    var compressedCount: Int
    var rawCount: Int
    var recordCount: Int
    /// The offsets of its first and of its last record.
    var first: Offset
    var last: Offset
    /// Over the compressed bytes.
    var dataChecksum: UInt32

    /// The bytes of the header, and its own checksum, which covers the data's.
    func encoded() -> (bytes: [UInt8], checksum: UInt32) {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: SegmentFormat.blockMagic)
        bytes.append(littleEndian: UInt32(compressedCount))
        bytes.append(littleEndian: UInt32(rawCount))
        bytes.append(littleEndian: UInt32(recordCount))
        bytes.append(littleEndian: first.rawValue)
        bytes.append(littleEndian: last.rawValue)
        bytes.append(littleEndian: dataChecksum)
        let checksum = bytes.withUnsafeBytes(Checksum.of)
        bytes.append(littleEndian: checksum)
        return (bytes, checksum)
    }

    /// - Throws: `damaged` with what is wrong, without a place. Whatever passes is within the format's limits.
    static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ArchiveError) -> (header: BlockHeader, checksum: UInt32) {
        guard bytes.count == SegmentFormat.blockHeaderBytes,
            bytes.littleEndian(at: 0, as: UInt32.self) == SegmentFormat.blockMagic
        else { throw ArchiveError(.damaged, "no block begins where one should") }
        let checksum = bytes.littleEndian(at: 36, as: UInt32.self)
        guard Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<36])) == checksum else {
            throw ArchiveError(.damaged, "the checksum of a block's header does not hold")
        }
        let header = BlockHeader(
            compressedCount: Int(bytes.littleEndian(at: 4, as: UInt32.self)),
            rawCount: Int(bytes.littleEndian(at: 8, as: UInt32.self)),
            recordCount: Int(bytes.littleEndian(at: 12, as: UInt32.self)),
            first: Offset(bytes.littleEndian(at: 16, as: Int64.self)),
            last: Offset(bytes.littleEndian(at: 24, as: Int64.self)),
            dataChecksum: bytes.littleEndian(at: 32, as: UInt32.self))
        let limit = SegmentFormat.blockMaximumBytes
        guard (1...limit).contains(header.rawCount), (1...limit).contains(header.compressedCount),
            header.recordCount >= 1, header.recordCount <= header.rawCount / SegmentFormat.recordMinimumBytes,
            header.first.rawValue >= 0, header.first <= header.last,
            Int64(header.recordCount) - 1 <= header.last.rawValue - header.first.rawValue
        else { throw ArchiveError(.damaged, "the values of a block's header do not go together") }
        return (header, checksum)
    }
}
