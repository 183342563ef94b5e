import Schemas
import TestKit

/// Events and adjustments of few campaigns, with all that a level has to put up with: negative and extreme ids, several
/// currencies, moments from 1970 to 2099, late and invalid ones, charges of every model.
struct RandomEvents {
    /// Advertisers whose days are ahead of UTC by so many minutes all the year round.
    static let zones: [(advertiser: Int64, name: String, minutes: Int64)] = [
        (-3, "Asia/Kolkata", 330), (.max, "Asia/Tokyo", 540), (11, "America/Phoenix", -420),
    ]
    static let advertisers: [Int64] = [-3, .max, 11, 0, .min]

    private var random: SeededGenerator
    private let now: Int64

    init(seed: UInt64, around now: Int64) {
        random = SeededGenerator(seed: seed)
        self.now = now
    }

    mutating func event() -> AdEvent {
        var event = AdEvent(idHigh: 1, idLow: 2, idLength: 16)
        event.eventTimeMilliseconds = time()
        event.campaignID = [-70, 0, 70, .min, .max].randomElement(using: &random)!
        event.advertiserID = Self.advertisers.randomElement(using: &random)!
        event.adGroupID = [0, -1, .max].randomElement(using: &random)!
        event.adID = [0, 5, .min].randomElement(using: &random)!
        event.type = Int32.random(in: 1...4, using: &random)
        event.pricing = random.oneIn(2) ? event.type : Int32.random(in: 1...4, using: &random)
        event.priceMicros = random.oneIn(9) ? 1_000_000_000_000 : Int64.random(in: 0...9_000_000, using: &random)
        event.currency = CurrencyCode(["USD", "EUR", "JPY"].randomElement(using: &random)!)!
        event.placement = [0, -1, 3, .max, .min].randomElement(using: &random)!
        event.country = [0, 0x4445, 0x5553].randomElement(using: &random)!
        event.invalidReason = random.oneIn(6) ? Int32.random(in: -2...3, using: &random) : 0
        return event
    }

    private mutating func time() -> Int64 {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: 1
        case 1: 4_102_444_799_999
        case 2: utc(2019, 12, 31, 23, 59, 59)
        case 3: utc(2040, 1, 1)
        case 4...8: now - Int64.random(in: 0...172_800_000, using: &random)
        default: now - Int64.random(in: 0...600_000, using: &random)
        }
    }

    mutating func adjustment(id: Int, partition: Int32) -> GivenAdjustment {
        let like = event()
        return GivenAdjustment(
            id: id, time: like.eventTimeMilliseconds, advertiser: like.advertiserID, campaign: like.campaignID,
            adGroup: like.adGroupID, ad: like.adID, nanos: Int64.random(in: -1_000_000...1_000_000, using: &random),
            currency: like.currency.description, partition: partition)
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
}
