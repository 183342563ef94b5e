import Streams
import TestKit

/// A random log of ad events: repeats within, at and beyond the horizon, late and invalid ones, damaged ones, jumps
/// of time, absent timestamps, gaps of offsets.
struct AdEventStream {
    static let horizonMilliseconds: Int64 = 20_000
    static let outOfOrdernessMilliseconds: Int64 = 5_000
    private static let start: Int64 = 1_767_225_600_000

    static var validEvent: ContractEvent {
        var event = ContractEvent()
        event.eventID = Array(1...16)
        event.eventTimeMilliseconds = start
        event.advertiserID = 1
        event.campaignID = 10
        event.type = 1
        event.pricing = 1
        event.priceMicros = 2_500_000
        event.currency = "USD"
        return event
    }

    private var random: SeededGenerator
    private var now = Self.start
    private var sent: [ContractEvent] = []

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// Appends so many records.
    mutating func append(_ count: Int, to log: SimulatedLog, _ partition: Partition) {
        for _ in 0..<count {
            if random.oneIn(60) { log.appendMarker(to: partition) }
            now +=
                random.oneIn(80)
                ? Int64.random(in: 0...60_000, using: &random) : Int64.random(in: 0...300, using: &random)
            let event = nextEvent()
            let timestamp =
                random.oneIn(12) ? -1 : now + (random.oneIn(5) ? Int64.random(in: -900...900, using: &random) : 0)
            log.append(
                to: partition, timestampMilliseconds: timestamp, key: Array(String(event.campaignID).utf8),
                value: payload(event),
                headers: random.oneIn(30) ? [RecordHeader(name: "trace", value: [1, 2, 3])] : [])
        }
    }

    private mutating func nextEvent() -> ContractEvent {
        if random.oneIn(8), let old = sent.suffix(random.oneIn(2) ? 30 : 250).randomElement(using: &random) {
            var copy = old
            // A repeat need not be the same but for its id.
            if random.oneIn(4) { copy.priceMicros += 1 }
            if random.oneIn(4) { copy.eventTimeMilliseconds = now }
            return copy
        }
        var event = Self.validEvent
        event.eventID = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
        let lag: Int64 = random.oneIn(10) ? 200_000 : random.oneIn(3) ? 4_000 : 50
        event.eventTimeMilliseconds = now - Int64.random(in: 0...lag, using: &random)
        event.advertiserID = Int64.random(in: -1...2, using: &random)
        event.campaignID = Int64.random(in: 0...6, using: &random)
        event.type = Int32.random(in: 1...4, using: &random)
        event.pricing = random.oneIn(2) ? event.type : Int32.random(in: 1...4, using: &random)
        event.priceMicros = random.oneIn(20) ? 1_000_000_000_000 : Int64.random(in: 0...9_000_000, using: &random)
        event.currency = ["USD", "EUR", "JPY"].randomElement(using: &random) ?? "USD"
        event.invalidReason = random.oneIn(15) ? Int32.random(in: -2...3, using: &random) : 0
        sent.append(event)
        return event
    }

    private mutating func payload(_ event: ContractEvent) -> [UInt8]? {
        guard random.oneIn(14) else { return event.payload }
        var damaged = event
        switch Int.random(in: 0..<11, using: &random) {
        case 0: return nil
        case 1: return []
        case 2: return Array(event.payload.prefix(9))
        case 3: damaged.eventID.removeLast()
        case 4: damaged.type = 0
        case 5: damaged.pricing = 17
        case 6: damaged.priceMicros = -1
        case 7: damaged.currency = "usd"
        case 8: damaged.eventTimeMilliseconds = 0
        case 9: damaged.eventTimeMilliseconds = 4_102_444_800_000
        default: damaged.priceMicros = 1_000_000_000_001
        }
        return damaged.payload
    }
}
