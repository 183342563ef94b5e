import Glibc

/// Chooses ranks 0, 1, 2, … with a probability proportional to 1 / (rank + 1)^exponent, as traffic spreads over
/// campaigns: a few have most of it.
struct ZipfChoice {
    /// The sums of the weights up to and including each rank.
    private let cumulative: [Int64]

    /// - Parameters:
    ///   - count: how many ranks there are, at least 1.
    ///   - exponent: 0 makes all ranks equal; about 1 is what traffic looks like.
    init(count: Int, exponent: Double) {
        precondition(count > 0)
        var sum: Int64 = 0
        cumulative = (1...count).map { rank in
            // Whole numbers, so that a last bit of `pow` that differs between machines practically never matters.
            sum += max(1, Int64((pow(Double(rank), -exponent) * 1_000_000_000).rounded()))
            return sum
        }
    }

    /// The weight of a rank, and that of all of them.
    func weight(ofRank rank: Int) -> (weight: Int64, total: Int64) {
        (cumulative[rank] - (rank > 0 ? cumulative[rank - 1] : 0), cumulative[cumulative.count - 1])
    }

    /// A rank, by one random number and a binary search.
    func rank(using random: inout SeededRandom) -> Int {
        let target = random.below(cumulative[cumulative.count - 1])
        var low = 0
        var high = cumulative.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > target { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
