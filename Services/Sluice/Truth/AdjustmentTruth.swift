/// What the adjustments of a stream must amount to: each once by its id, by campaign, day in UTC and currency.
///
/// Written from the contract, as `TruthKeeper` is: it adds up what the generator meant.
struct AdjustmentTruth: Equatable {
    struct Key: Hashable, Comparable {
        var campaign: Int64
        /// The beginning of the day in UTC, in milliseconds of Unix time.
        var dayMilliseconds: Int64
        var currency: String

        static func < (a: Self, b: Self) -> Bool {
            (a.campaign, a.dayMilliseconds, a.currency) < (b.campaign, b.dayMilliseconds, b.currency)
        }
    }

    struct Sums: Equatable {
        var count: Int64 = 0
        var nanos: Int128 = 0
        /// How many more times they came.
        var repeats: Int64 = 0
    }

    private struct ID: Hashable {
        var high: UInt64
        var low: UInt64
    }

    /// The topic; nil where there are no adjustments.
    var topic: String?
    var sums: [Key: Sums] = [:]
    /// How many records each partition has; their offsets go from 0.
    var records: [Int32: Int64] = [:]
    private var seen: Set<ID> = []

    /// Counts one that was sent.
    mutating func observe(_ credit: Credit) {
        records[credit.partition, default: 0] += 1
        let day = credit.eventTimeMilliseconds / 86_400_000 * 86_400_000
        let key = Key(campaign: credit.campaign, dayMilliseconds: day, currency: credit.currency)
        guard seen.insert(ID(high: credit.idHigh, low: credit.idLow)).inserted else {
            sums[key, default: Sums()].repeats += 1
            return
        }
        sums[key, default: Sums()].count += 1
        sums[key, default: Sums()].nanos += Int128(credit.amountNanos)
    }

    /// How many there are, repeats apart.
    var count: Int64 { sums.values.reduce(0) { $0 + $1.count } }
    var repeats: Int64 { sums.values.reduce(0) { $0 + $1.repeats } }
}
