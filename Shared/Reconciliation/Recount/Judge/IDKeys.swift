/// The ids of a block, sorted with their places in the block.
final class IDKeys {
    struct Key: BitwiseCopyable {
        var id: ShuffledID
        var position: UInt32

        @inline(__always)
        static func precedes(_ a: Key, _ b: Key) -> Bool {
            a.id != b.id ? a.id < b.id : a.position < b.position
        }
    }

    private let taken: UnsafeMutablePointer<Key>
    /// After `sort`: by id, those of one id by position.
    let sorted: UnsafeMutablePointer<Key>
    private(set) var count = 0
    /// Of each bucket where its keys begin, while they are being distributed where the next one goes.
    private var starts: [UInt32]
    private let bucketBits: UInt64

    init(capacity: Int) {
        taken = LargeMemory.allocate(capacity: capacity)
        sorted = LargeMemory.allocate(capacity: capacity)
        // About four keys a bucket.
        bucketBits = UInt64(max(0, Int.bitWidth - capacity.leadingZeroBitCount - 3))
        starts = Array(repeating: 0, count: (1 << Int(bucketBits)) + 1)
    }

    deinit {
        taken.deallocate()
        sorted.deallocate()
    }

    func removeAll() { count = 0 }

    @inline(__always)
    func append(_ id: ShuffledID, position: Int) {
        taken[count] = Key(id: id, position: UInt32(truncatingIfNeeded: position))
        count &+= 1
    }

    /// Distributes by the upper bits, which are spread evenly, and sorts what meets in one place.
    func sort() {
        let bits = min(bucketBits, UInt64(max(0, Int.bitWidth - count.leadingZeroBitCount - 3)))
        let shift = 64 - bits
        let bucketCount = 1 << Int(bits)
        starts.withUnsafeMutableBufferPointer { starts in
            for bucket in 0...bucketCount { starts[bucket] = 0 }
            for index in 0..<count { starts[Int(truncatingIfNeeded: taken[index].id.high >> shift) + 1] &+= 1 }
            for bucket in 0..<bucketCount { starts[bucket + 1] &+= starts[bucket] }
            for index in 0..<count {
                let bucket = Int(truncatingIfNeeded: taken[index].id.high >> shift)
                sorted[Int(starts[bucket])] = taken[index]
                starts[bucket] &+= 1
            }
            // Each start has moved to its bucket's end.
            var begin = 0
            for bucket in 0..<bucketCount {
                let end = Int(starts[bucket])
                sortBucket(begin, end)
                begin = end
            }
        }
    }

    @inline(__always)
    private func sortBucket(_ begin: Int, _ end: Int) {
        if end - begin < 2 { return }
        // Many copies of an id meet here, and insertion would move each past all of another id.
        if end - begin > 24 {
            var bucket = UnsafeMutableBufferPointer(start: sorted + begin, count: end - begin)
            bucket.sort(by: Key.precedes)
            return
        }
        for index in (begin + 1)..<end {
            let key = sorted[index]
            var place = index
            while place > begin, Key.precedes(key, sorted[place - 1]) {
                sorted[place] = sorted[place - 1]
                place -= 1
            }
            sorted[place] = key
        }
    }
}
