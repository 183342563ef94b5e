import Streams

/// Goes through the bytes of one decompressed block. Every length is checked against what is left before it is used, so
/// that no content, however it came about, is read beyond its end.
struct RecordCursor {
    private var at: UnsafeRawPointer
    private let end: UnsafeRawPointer
    private let partition: Partition
    private let lastOffset: Offset
    private var left: Int
    private var offset: Int64
    private var timestamp: Int64 = 0
    /// Where the headers of the record that was read last begin, and how many they are.
    private var headersStart: UnsafeRawPointer
    private var headersCount = 0

    /// - Parameter bytes: stay where they are for as long as this value and its records are used.
    init(_ bytes: UnsafeRawBufferPointer, _ header: BlockHeader, partition: Partition) {
        // A block has at least one byte.
        at = bytes.baseAddress!
        end = at + bytes.count
        headersStart = at
        self.partition = partition
        lastOffset = header.last
        left = header.recordCount
        offset = header.first.rawValue - 1
    }

    /// Nothing to read: the state before the first block.
    init() {
        at = UnsafeRawPointer(bitPattern: 1)!
        end = at
        headersStart = at
        partition = Partition(0)
        lastOffset = Offset(0)
        left = 0
        offset = -1
    }

    /// The next record, whose bytes lie in the block's; nil after the last one.
    /// - Throws: `damaged` with what is wrong, without a place.
    mutating func next() throws(ArchiveError) -> Record? {
        guard left > 0 else { return nil }
        let distance = try number()
        let room = lastOffset.rawValue - offset - 1
        guard room >= 0, distance <= UInt64(room) else {
            throw Self.damaged("a record lies beyond its block's last offset")
        }
        offset += 1 + Int64(distance)
        let folded = try number()
        timestamp = timestamp &+ (Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1))
        let key = try bytes()
        let value = try bytes()
        let count = try number()
        // Each takes two bytes or more.
        guard count <= UInt64((end - at) / 2) else {
            throw Self.damaged("a record has more headers than bytes are left")
        }
        headersStart = at
        headersCount = Int(count)
        for _ in 0..<headersCount {
            guard try bytes() != nil else { throw Self.damaged("a header has no name") }
            _ = try bytes()
        }
        left -= 1
        if left == 0 {
            guard at == end else { throw Self.damaged("a block has bytes behind its last record") }
            guard offset == lastOffset.rawValue else {
                throw Self.damaged("a block ends at offset \(offset), and its header says \(lastOffset)")
            }
        }
        return Record(
            partition: partition, offset: Offset(offset), timestampMilliseconds: timestamp,
            keyStart: key?.baseAddress, keyCount: key?.count ?? 0, valueStart: value?.baseAddress,
            valueCount: value?.count ?? 0)
    }

    /// The headers of the record that `next` gave last.
    func headers() -> [RecordHeader] {
        guard headersCount > 0 else { return [] }
        var cursor = self
        cursor.at = headersStart
        var result: [RecordHeader] = []
        result.reserveCapacity(headersCount)
        do throws(ArchiveError) {
            for _ in 0..<headersCount {
                let name = try cursor.bytes() ?? UnsafeRawBufferPointer(start: nil, count: 0)
                let value = try cursor.bytes()
                result.append(
                    RecordHeader(name: String(decoding: name, as: UTF8.self), value: value.map { [UInt8]($0) }))
            }
        } catch {
            preconditionFailure("`next` has been through all of them: \(error)")
        }
        return result
    }

    /// A length that is one more than it is, and so many bytes; nil for null.
    @inline(__always)
    private mutating func bytes() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        let length = try number()
        guard length > 0 else { return nil }
        guard length - 1 <= UInt64(end - at) else { throw Self.damaged("a record reaches beyond its block") }
        let count = Int(length - 1)
        let bytes = UnsafeRawBufferPointer(start: at, count: count)
        at += count
        return bytes
    }

    @inline(__always)
    private mutating func number() throws(ArchiveError) -> UInt64 {
        if at < end {
            let byte = at.load(as: UInt8.self)
            if byte < 0x80 {
                at += 1
                return UInt64(byte)
            }
        }
        return try longNumber()
    }

    private mutating func longNumber() throws(ArchiveError) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while at < end {
            let byte = UInt64(at.load(as: UInt8.self))
            at += 1
            // The tenth byte has room for one bit.
            guard shift < 63 || byte <= 1 else { throw Self.damaged("a number has more than 64 bits") }
            result |= (byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
        throw Self.damaged("a block ends within a record")
    }

    private static func damaged(_ what: String) -> ArchiveError { ArchiveError(.damaged, what) }
}
