import Schemas
import Streams

/// A seeded source of random numbers: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value
        mixed = (mixed ^ mixed &>> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed &>> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed &>> 31
    }

    /// A number from 0 up to, not including, `bound`.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}

/// Makes events of the reference job: campaigns by Zipf's law, ids that are unique but for the repeated ones.
struct EventSource {
    /// Events a millisecond of event time.
    let eventsPerMillisecond: Double
    let campaigns: Int
    let partitions: Int
    private var random = SplitMix(seed: 1)
    private var made: Int64 = 0
    /// For each of 65,536 equal slices of Zipf's distribution, where in `cumulative` it begins.
    private let starts: [Int32]
    private let cumulative: [Double]
    /// The newest event of each partition's last thousands, to be sent again.
    private var recent: [[AdEvent]]

    static let startMilliseconds: Int64 = 1_790_000_000_000
    private static let recentCount = 8_192
    private static let slices = 65_536

    init(campaigns: Int, partitions: Int, eventsPerSecond: Double) {
        self.campaigns = campaigns
        self.partitions = partitions
        eventsPerMillisecond = eventsPerSecond / 1_000
        var sum = 0.0
        var cumulative: [Double] = []
        for rank in 1...campaigns {
            sum += 1 / Double(rank)
            cumulative.append(sum)
        }
        self.cumulative = cumulative.map { $0 / sum }
        var starts: [Int32] = []
        var rank = 0
        for slice in 0..<Self.slices {
            while self.cumulative[rank] < Double(slice) / Double(Self.slices) { rank += 1 }
            starts.append(Int32(rank))
        }
        self.starts = starts
        recent = Array(repeating: [], count: partitions)
    }

    private mutating func rank() -> Int {
        let bits = random.next()
        let share = Double(bits &>> 11) * 0x1p-53
        var rank = Int(starts[Int(bits &>> 48)])
        while cumulative[rank] < share { rank += 1 }
        return min(rank, campaigns - 1)
    }

    /// Where the log's own time is now.
    var nowMilliseconds: Int64 { Self.startMilliseconds + Int64(Double(made) / eventsPerMillisecond) }

    /// The next event and the partition of its campaign. One in a hundred repeats one of the partition's last
    /// thousands.
    mutating func next() -> (event: AdEvent, partition: Int) {
        let rank = rank()
        let partition = Int(SplitMix.mix(UInt64(rank)) % UInt64(partitions))
        made += 1
        if random.below(100) == 0, let repeated = recent[partition].randomElement(using: &random) {
            return (repeated, partition)
        }
        let traits = SplitMix.mix(UInt64(rank) ^ 0xA5A5)
        let pricing = Int32(traits % 4) + 1
        // Most events are what their campaign pays for; the others cost nothing.
        let type = random.below(10) < 8 ? pricing : Int32(random.below(4)) + 1
        let event = AdEvent(
            idHigh: random.next(), idLow: random.next(), idLength: 16,
            eventTimeMilliseconds: nowMilliseconds - Int64(random.below(8_000)),
            advertiserID: 500 + Int64(traits &>> 8 % UInt64(campaigns / 5)), campaignID: 10_000 + Int64(rank),
            adGroupID: 100 + Int64(random.below(8)), adID: 1_000 + Int64(random.below(48)),
            type: type, pricing: pricing, priceMicros: Int64(200_000 + traits &>> 40 % 2_000_000),
            currency: CurrencyCode(bytes: 85, 83, 68), placement: Int32(random.below(30)) + 1,
            country: 0x4445, userHash: random.next(), invalidReason: random.below(200) == 0 ? 3 : 0)
        if recent[partition].count < Self.recentCount {
            recent[partition].append(event)
        } else {
            recent[partition][random.below(Self.recentCount)] = event
        }
        return (event, partition)
    }
}
