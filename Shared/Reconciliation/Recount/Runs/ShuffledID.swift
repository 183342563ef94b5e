/// An id under a permutation that spreads whatever ids producers make evenly over all numbers. So a sort can distribute by
/// the upper bits, and where an id stands in a sorted run can be guessed.
///
/// The permutation is a Feistel network (three rounds; H. Feistel, "Cryptography and Computer Privacy", 1973), undone by
/// going back round by round: nothing of the id is lost.
struct ShuffledID: Equatable, Comparable, BitwiseCopyable {
    var high: UInt64
    var low: UInt64

    /// - Parameters: the two halves of the id.
    @inline(__always)
    init(_ idHigh: UInt64, _ idLow: UInt64) {
        low = idLow ^ Self.round(idHigh)
        high = idHigh ^ Self.round(low &+ 0x9E37_79B9_7F4A_7C15)
        low ^= Self.round(high)
    }

    /// The two halves of the id.
    var original: (high: UInt64, low: UInt64) {
        let middle = low ^ Self.round(high)
        let first = high ^ Self.round(middle &+ 0x9E37_79B9_7F4A_7C15)
        return (first, middle ^ Self.round(first))
    }

    @inline(__always)
    private static func round(_ value: UInt64) -> UInt64 {
        var mixed = value &* 0xFF51_AFD7_ED55_8CCD
        mixed ^= mixed &>> 32
        mixed = mixed &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ mixed &>> 29
    }

    @inline(__always)
    static func < (a: Self, b: Self) -> Bool { a.high != b.high ? a.high < b.high : a.low < b.low }
}
