/// A growing run of bytes that is used over and over: `removeAll` keeps the memory, so that a loop which writes
/// records allocates only until the buffer has its size.
///
/// Owns its memory; used by one thread at a time.
public struct ByteBuffer: ~Copyable {
    var start: UnsafeMutableRawPointer
    /// How many bytes fit before the memory grows.
    public private(set) var capacity: Int
    /// How many bytes have been written.
    public internal(set) var count: Int

    /// - Parameter capacity: bytes to make room for at once.
    public init(capacity: Int = 4096) {
        self.capacity = max(capacity, 64)
        count = 0
        start = UnsafeMutableRawPointer.allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { start.deallocate() }

    /// Forgets the bytes and keeps the memory.
    public mutating func removeAll() { count = 0 }

    /// The bytes written so far: valid until the next write, `removeAll` or the end of the buffer.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// Makes room for more bytes behind those already written.
    public mutating func reserve(_ additional: Int) {
        guard capacity - count < additional else { return }
        let larger = max(capacity * 2, count + additional)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        memory.copyMemory(from: start, byteCount: count)
        start.deallocate()
        start = memory
        capacity = larger
    }

    /// Appends bytes as they are.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        (start + count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Appends what a pen writes, which is at most `limit` bytes. Returns how many it were.
    @discardableResult
    mutating func write(atMost limit: Int, _ body: (inout WirePen) -> Void) -> Int {
        reserve(limit)
        let before = start + count
        var pen = WirePen(before)
        body(&pen)
        let written = UnsafeRawPointer(pen.place) - UnsafeRawPointer(before)
        count += written
        return written
    }
}
