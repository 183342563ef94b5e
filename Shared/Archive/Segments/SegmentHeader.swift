public import Streams

/// What stands at the beginning of a segment.
public struct SegmentHeader: Hashable, Sendable {
    public var topic: String
    public var partition: Partition
    /// The offsets that it covers, both included.
    public var first: Offset
    public var last: Offset
    public var recordCount: Int64
    /// The lowest and the highest timestamp of its records, in milliseconds of Unix time; -1 where none has one.
    public var lowestTimestampMilliseconds: Int64
    public var highestTimestampMilliseconds: Int64

    static func byteCount(topic: String) -> Int {
        SegmentFormat.headerFixedBytes + topic.utf8.count + SegmentFormat.checksumBytes
    }

    /// The bytes of the header, its checksum at their end.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: SegmentFormat.magic)
        bytes.append(littleEndian: SegmentFormat.version)
        bytes.append(littleEndian: UInt32(Self.byteCount(topic: topic)))
        bytes.append(littleEndian: partition.rawValue)
        bytes.append(littleEndian: UInt32(0))
        bytes.append(littleEndian: first.rawValue)
        bytes.append(littleEndian: last.rawValue)
        bytes.append(littleEndian: recordCount)
        bytes.append(littleEndian: lowestTimestampMilliseconds)
        bytes.append(littleEndian: highestTimestampMilliseconds)
        bytes.append(littleEndian: UInt16(topic.utf8.count))
        bytes.append(contentsOf: topic.utf8)
        bytes.append(littleEndian: bytes.withUnsafeBytes(Checksum.of))
        return bytes
    }

    /// Reads a header from the first bytes of a file, which may go on behind it.
    /// - Returns: the header, how many bytes it has, and its checksum.
    /// - Throws: `damaged` with what is wrong, without a place.
    static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ArchiveError) -> (header: SegmentHeader, byteCount: Int, checksum: UInt32) {
        func damaged(_ what: String) -> ArchiveError { ArchiveError(.damaged, what) }
        let fixed = SegmentFormat.headerFixedBytes
        guard bytes.count >= fixed + SegmentFormat.checksumBytes else {
            throw damaged("the file ends within its header, after \(bytes.count) bytes")
        }
        guard bytes.littleEndian(at: 0, as: UInt64.self) == SegmentFormat.magic else {
            throw damaged("the file does not begin as a segment does")
        }
        let version = bytes.littleEndian(at: 8, as: UInt32.self)
        guard version == SegmentFormat.version else {
            throw damaged("the segment has version \(version) of the format; this program reads version 1")
        }
        let count = Int(bytes.littleEndian(at: 12, as: UInt32.self))
        let topicCount = Int(bytes.littleEndian(at: 64, as: UInt16.self))
        guard count == fixed + topicCount + SegmentFormat.checksumBytes, count <= SegmentFormat.headerMaximumBytes,
            count <= bytes.count
        else { throw damaged("the header says that it has \(count) bytes, which does not fit") }
        let checksum = bytes.littleEndian(at: count - SegmentFormat.checksumBytes, as: UInt32.self)
        let checked = UnsafeRawBufferPointer(rebasing: bytes[..<(count - SegmentFormat.checksumBytes)])
        guard Checksum.of(checked) == checksum else { throw damaged("the header's checksum does not hold") }
        let name = UnsafeRawBufferPointer(rebasing: bytes[fixed..<(fixed + topicCount)])
        let header = SegmentHeader(
            topic: String(decoding: name, as: UTF8.self),
            partition: Partition(bytes.littleEndian(at: 16, as: Int32.self)),
            first: Offset(bytes.littleEndian(at: 24, as: Int64.self)),
            last: Offset(bytes.littleEndian(at: 32, as: Int64.self)),
            recordCount: bytes.littleEndian(at: 40, as: Int64.self),
            lowestTimestampMilliseconds: bytes.littleEndian(at: 48, as: Int64.self),
            highestTimestampMilliseconds: bytes.littleEndian(at: 56, as: Int64.self))
        guard TopicName.isLegal(header.topic), bytes.littleEndian(at: 20, as: UInt32.self) == 0,
            header.partition.rawValue >= 0, header.first.rawValue >= 0, header.first <= header.last,
            header.last.rawValue < .max, header.recordCount >= 0,
            header.recordCount - 1 <= header.last.rawValue - header.first.rawValue
        else { throw damaged("the header's values do not go together") }
        return (header, count, checksum)
    }
}
