/// A small, fast source of random numbers that gives the same numbers for the same seed on every machine.
///
/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014): a counter with a
/// mixing function. Only integer arithmetic is used here and by its callers, so that a stream of events has the same
/// bytes wherever it is generated.
struct SeededRandom {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// The next 64 random bits.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// A number from 0 up to, not including, `bound`; by multiplication (Lemire 2016), whose bias of at most
    /// bound / 2^64 does not matter here.
    mutating func below(_ bound: Int64) -> Int64 {
        precondition(bound > 0)
        return Int64(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A number of the closed range.
    mutating func within(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    /// True with the probability `share`, given in units of 2^-64.
    mutating func happens(_ share: Share) -> Bool { next() < share.threshold }

    /// SplitMix64's mixing of 64 bits: a bijection that spreads close numbers.
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
