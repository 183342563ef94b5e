import Glibc

/// Says of most ids that are not in a run that they are not: a bit for each of the equal parts that all ids are divided
/// into, 8 to 16 times as many parts as the run has ids. Ids are shuffled, so they fall anywhere; and sorted ids read the
/// bits from front to back, without waiting for each other.
///
/// In memory: one to two bytes an id.
final class IDFilter {
    private let words: UnsafeMutablePointer<UInt64>
    private let shift: UInt64

    /// - Parameter expected: at least the number of ids that are to come.
    init(expected: Int) {
        var bits: UInt64 = 6
        while 1 << bits < 8 * expected { bits += 1 }
        shift = 64 - bits
        words = LargeMemory.allocate(capacity: 1 << Int(bits - 6))
        memset(words, 0, 8 << Int(bits - 6))
    }

    deinit { words.deallocate() }

    @inline(__always)
    func insert(_ id: ShuffledID) {
        let part = id.high &>> shift
        words[Int(truncatingIfNeeded: part &>> 6)] |= 1 &<< (part & 63)
    }

    /// 0 where the id has not been inserted; 1 where it may have been.
    @inline(__always)
    func contains(_ id: ShuffledID) -> Int {
        let part = id.high &>> shift
        return Int(truncatingIfNeeded: words[Int(truncatingIfNeeded: part &>> 6)] &>> (part & 63) & 1)
    }
}
