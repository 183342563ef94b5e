/// Memory that is used again and again and grows to what was needed most so far. Owned by one object, one thread.
struct GrowingBuffer: ~Copyable {
    private(set) var start: UnsafeMutableRawPointer
    private(set) var capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        start = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { start.deallocate() }

    /// Makes room for so many bytes.
    /// - Parameter kept: how many of those at the beginning are needed further.
    mutating func reserve(_ count: Int, keeping kept: Int = 0) {
        guard count > capacity else { return }
        // At least twice: a sequence of growing records costs no more than the largest.
        let larger = max(count, capacity * 2)
        let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        if kept > 0 { fresh.copyMemory(from: start, byteCount: kept) }
        start.deallocate()
        start = fresh
        capacity = larger
    }
}
