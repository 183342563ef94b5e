import Streams

/// The records of one block, written one behind the other. Offsets and timestamps are distances to the record before;
/// lengths are one more than they are, so that 0 is null.
struct RecordBlock: ~Copyable {
    private var buffer: GrowingBuffer
    private(set) var byteCount = 0
    private(set) var recordCount = 0
    private(set) var first = Offset(0)
    private(set) var last = Offset(0)
    private var lastTimestamp: Int64 = 0

    init(capacity: Int) { buffer = GrowingBuffer(capacity: capacity) }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: buffer.start, count: byteCount) }

    /// How many bytes a record takes at most.
    static func bound(_ record: Record, _ headers: [RecordHeader]) -> Int {
        var count = SegmentFormat.recordOverheadBytes
        count += record.key?.count ?? 0
        count += record.value?.count ?? 0
        for header in headers {
            count += SegmentFormat.headerOverheadBytes + header.name.utf8.count + (header.value?.count ?? 0)
        }
        return count
    }

    /// - Parameter bound: what `bound` says of this record.
    mutating func append(_ record: Record, _ headers: [RecordHeader], bound: Int) {
        buffer.reserve(byteCount + bound, keeping: byteCount)
        var at = buffer.start + byteCount
        if recordCount == 0 {
            first = record.offset
            last = record.offset.previous
            lastTimestamp = 0
        }
        Self.put(UInt64(bitPattern: record.offset.rawValue &- last.rawValue &- 1), &at)
        let distance = record.timestampMilliseconds &- lastTimestamp
        Self.put(UInt64(bitPattern: distance << 1 ^ distance >> 63), &at)
        Self.put(record.key, &at)
        Self.put(record.value, &at)
        Self.put(UInt64(headers.count), &at)
        for header in headers {
            var name = header.name
            name.withUTF8 { Self.put(UnsafeRawBufferPointer($0), &at) }
            if let value = header.value {
                value.withUnsafeBytes { Self.put($0, &at) }
            } else {
                Self.put(nil, &at)
            }
        }
        byteCount = at - buffer.start
        recordCount += 1
        last = record.offset
        lastTimestamp = record.timestampMilliseconds
    }

    mutating func removeAll() {
        byteCount = 0
        recordCount = 0
    }

    @inline(__always)
    private static func put(_ bytes: UnsafeRawBufferPointer?, _ at: inout UnsafeMutableRawPointer) {
        guard let bytes else { return put(0, &at) }
        put(UInt64(bytes.count) + 1, &at)
        if let start = bytes.baseAddress {
            at.copyMemory(from: start, byteCount: bytes.count)
            at += bytes.count
        }
    }

    /// Seven bits a byte, least significant first; the highest bit says that there are more.
    @inline(__always)
    private static func put(_ number: UInt64, _ at: inout UnsafeMutableRawPointer) {
        var rest = number
        while rest >= 0x80 {
            at.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            at += 1
            rest >>= 7
        }
        at.storeBytes(of: UInt8(rest), as: UInt8.self)
        at += 1
    }
}
