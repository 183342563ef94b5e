/// A campaign that the generator sends events for.
struct Campaign: Equatable {
    var id: Int64
    var advertiser: Int64
    /// One currency an advertiser, as billing has it.
    var currency: String
    /// The number of the pricing model on the wire, 1 to 4.
    var pricing: Int32
    /// The price around which each event's lies, in millionths of the currency.
    var priceMicros: Int64
    var country: String
    var adGroups: Int64
    var adsInGroup: Int64
    /// Where all events of the campaign go.
    var partition: Int32
    /// The key of its records: the id as decimal text.
    var key: [UInt8]
}

/// The campaigns of a stream, the most active one first, and how traffic spreads over them.
struct CampaignCatalog {
    let campaigns: [Campaign]
    /// The campaign of events that no campaign could be found for: ids of 0 and below are sound, and must be counted.
    let unattributed: Campaign
    private let choice: ZipfChoice

    /// - Parameters:
    ///   - count: how many campaigns, at least 1.
    ///   - exponent: Zipf's, for the traffic.
    ///   - partitions: how many partitions the topic has.
    ///   - seed: the same seed gives the same campaigns.
    init(count: Int, exponent: Double, partitions: Int32, seed: UInt64) {
        let advertisers = max(1, UInt64(count) / 5)
        campaigns = (0..<count).map { rank in
            var random = SeededRandom(seed: SeededRandom.mix(seed &+ UInt64(rank) &* 0xA24B_AED4_963E_E407))
            let advertiser = Int64(random.next() % advertisers)
            return Self.campaign(
                id: 10_000 + Int64(rank), advertiser: 500 + advertiser, partitions: partitions, seed: seed,
                using: &random)
        }
        var random = SeededRandom(seed: seed)
        unattributed = Self.campaign(id: 0, advertiser: -1, partitions: partitions, seed: seed, using: &random)
        choice = ZipfChoice(count: count, exponent: exponent)
    }

    /// The campaign of the next event.
    func choose(using random: inout SeededRandom) -> Campaign { campaigns[choice.rank(using: &random)] }

    /// The share of the traffic that goes to the campaign with this rank: its weight, and that of all campaigns.
    func traffic(ofRank rank: Int) -> (weight: Int128, total: Int128) {
        let (weight, total) = choice.weight(ofRank: rank)
        return (Int128(weight), Int128(total))
    }

    /// The partition of a campaign: SplitMix64's mixing function of the id's 64 bits, modulo the number of partitions.
    ///
    /// The generator names the partition itself instead of leaving it to the client's hash of the key, so that other
    /// topics can be partitioned alike whatever client writes them.
    static func partition(ofCampaign id: Int64, of partitions: Int32) -> Int32 {
        Int32(SeededRandom.mix(UInt64(bitPattern: id)) % UInt64(partitions))
    }

    private static func campaign(
        id: Int64, advertiser: Int64, partitions: Int32, seed: UInt64, using random: inout SeededRandom
    ) -> Campaign {
        var ofAdvertiser = SeededRandom(seed: SeededRandom.mix(seed ^ UInt64(bitPattern: advertiser)))
        let money = pick(currencies, using: &ofAdvertiser)
        let pricing = pick(pricingModels, using: &random)
        let dollars = random.within(pricing.priceMicros)
        return Campaign(
            id: id, advertiser: advertiser, currency: money.code, pricing: pricing.number,
            priceMicros: dollars / 100 * money.hundredthsOfADollar / 1000 * 1000,
            country: pick(countries, using: &random).code,
            adGroups: random.within(1...8), adsInGroup: random.within(1...6),
            partition: partition(ofCampaign: id, of: partitions), key: Array(String(id).utf8))
    }

    /// What can be chosen with a weight.
    private protocol Weighted { var weight: Int64 { get } }

    private static func pick<Choice: Weighted>(_ choices: [Choice], using random: inout SeededRandom) -> Choice {
        var target = random.below(choices.reduce(0) { $0 + $1.weight })
        for choice in choices {
            if target < choice.weight { return choice }
            target -= choice.weight
        }
        return choices[0]
    }

    private struct Money: Weighted {
        let code: String
        /// About what a dollar costs, in hundredths of the currency.
        let hundredthsOfADollar: Int64
        let weight: Int64
    }
    private static let currencies = [
        Money(code: "USD", hundredthsOfADollar: 100, weight: 40),
        Money(code: "EUR", hundredthsOfADollar: 90, weight: 22),
        Money(code: "GBP", hundredthsOfADollar: 80, weight: 12),
        Money(code: "JPY", hundredthsOfADollar: 15_000, weight: 8),
        Money(code: "INR", hundredthsOfADollar: 8_800, weight: 8),
        Money(code: "BRL", hundredthsOfADollar: 560, weight: 6),
        Money(code: "PLN", hundredthsOfADollar: 390, weight: 4),
    ]

    private struct Pricing: Weighted {
        let number: Int32
        /// The usual prices in millionths of a dollar.
        let priceMicros: ClosedRange<Int64>
        let weight: Int64
    }
    private static let pricingModels = [
        Pricing(number: 1, priceMicros: 800_000...12_000_000, weight: 60),
        Pricing(number: 2, priceMicros: 50_000...2_500_000, weight: 24),
        Pricing(number: 3, priceMicros: 5_000_000...60_000_000, weight: 6),
        Pricing(number: 4, priceMicros: 5_000...60_000, weight: 10),
    ]

    private struct Country: Weighted {
        let code: String
        let weight: Int64
    }
    private static let countries = [
        Country(code: "US", weight: 30), Country(code: "DE", weight: 12), Country(code: "GB", weight: 11),
        Country(code: "FR", weight: 9), Country(code: "JP", weight: 8), Country(code: "IN", weight: 12),
        Country(code: "BR", weight: 10), Country(code: "PL", weight: 5), Country(code: "", weight: 3),
    ]
}
