import Schemas
import Streams

/// What sends ad events to one partition: repeats within, at and beyond the horizon, late and invalid events, damaged
/// payloads, timestamps that jitter, jump or are absent.
struct AdProducer {
    private let horizonMilliseconds: Int64
    private var random: SeededGenerator
    private var sent: [ContractEvent] = []
    private var counter: UInt64 = 0
    /// How far the producer's clock is off.
    private var skewMilliseconds: Int64 = 0
    /// What the next records have to be, as a fault asks for it.
    private var orders: [FaultKind: Int] = [:]

    init(seed: UInt64, horizonMilliseconds: Int64) {
        random = SeededGenerator(seed: seed)
        self.horizonMilliseconds = horizonMilliseconds
    }

    /// Lets the next records be of a kind.
    mutating func order(_ kind: FaultKind, count: Int) { orders[kind, default: 0] += count }
    mutating func jump(milliseconds: Int64) { skewMilliseconds += milliseconds }

    struct Sending {
        var timestampMilliseconds: Int64
        var key: [UInt8]
        var value: [UInt8]?
        var headers: [RecordHeader]
        /// The faults that it carries out.
        var kinds: [FaultKind]
    }

    private mutating func takes(_ kind: FaultKind) -> Bool {
        guard let left = orders[kind], left > 0 else { return false }
        orders[kind] = left - 1
        return true
    }

    mutating func next(unixMilliseconds: Int64) -> Sending {
        let now = unixMilliseconds + skewMilliseconds
        var kinds: [FaultKind] = []
        if skewMilliseconds != 0 { kinds.append(.clockJumped) }
        var event: ContractEvent
        if takes(.repeatsSent), let old = repeated(now: now) {
            event = old
            kinds.append(.repeatsSent)
        } else if random.oneIn(12), let old = sent.suffix(30).randomElement(using: &random) {
            event = old
        } else {
            event = fresh(now: now)
            if takes(.lateSent) {
                event.eventTimeMilliseconds = now - Int64.random(in: 60_000...900_000, using: &random)
                kinds.append(.lateSent)
            }
            sent.append(event)
        }
        var timestamp = now + (random.oneIn(5) ? Int64.random(in: -900...900, using: &random) : 0)
        if takes(.timestampsAbsent) {
            timestamp = -1
            kinds.append(.timestampsAbsent)
        }
        var value: [UInt8]? = event.payload
        if takes(.damagedSent) || random.oneIn(60) {
            value = damaged(event)
            kinds.append(.damagedSent)
        }
        return Sending(
            timestampMilliseconds: timestamp, key: Array(String(event.campaignID).utf8), value: value,
            headers: random.oneIn(40) ? [RecordHeader(name: "trace", value: [7, 7])] : [], kinds: kinds)
    }

    /// A payload that no other record has.
    mutating func another(unixMilliseconds: Int64) -> [UInt8] { fresh(now: unixMilliseconds).payload }

    /// An event that is sent again, the nearest that was sent at, just within or just beyond the horizon, or any.
    private mutating func repeated(now: Int64) -> ContractEvent? {
        guard !sent.isEmpty else { return nil }
        var copy: ContractEvent?
        if random.oneIn(3) {
            let edge = now - horizonMilliseconds + Int64.random(in: -1...1, using: &random)
            copy = sent.suffix(400).first { $0.eventTimeMilliseconds >= edge }
        }
        guard var event = copy ?? sent.suffix(200).randomElement(using: &random) else { return nil }
        if random.oneIn(4) { event.priceMicros += 1 }
        if random.oneIn(3) { event.eventTimeMilliseconds = now }
        return event
    }

    private mutating func fresh(now: Int64) -> ContractEvent {
        var event = ContractEvent()
        counter += 1
        let high = random.next()
        event.eventID = (0..<8).map { UInt8(truncatingIfNeeded: high >> ($0 * 8)) }
        event.eventID += (0..<8).map { UInt8(truncatingIfNeeded: counter >> ($0 * 8)) }
        let lag: Int64 = random.oneIn(12) ? 100_000 : random.oneIn(3) ? 4_000 : 50
        event.eventTimeMilliseconds = max(1, now - Int64.random(in: 0...lag, using: &random))
        event.advertiserID = Int64.random(in: -1...2, using: &random)
        event.campaignID = Int64.random(in: 0...6, using: &random)
        event.type = Int32.random(in: 1...4, using: &random)
        event.pricing = random.oneIn(2) ? event.type : Int32.random(in: 1...4, using: &random)
        event.priceMicros = random.oneIn(20) ? 1_000_000_000_000 : Int64.random(in: 0...9_000_000, using: &random)
        event.currency = ["USD", "EUR", "JPY"][Int.random(in: 0...2, using: &random)]
        event.invalidReason = random.oneIn(15) ? Int32.random(in: -2...3, using: &random) : 0
        return event
    }

    private mutating func damaged(_ event: ContractEvent) -> [UInt8]? {
        var damaged = event
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return nil
        case 1: return []
        case 2: return Array(event.payload.prefix(9))
        case 3: damaged.eventID.removeLast()
        case 4: damaged.type = 0
        case 5: damaged.pricing = 17
        case 6: damaged.priceMicros = -1
        case 7: damaged.currency = "usd"
        case 8: damaged.eventTimeMilliseconds = 4_102_444_800_000
        default: damaged.priceMicros = 1_000_000_000_001
        }
        return damaged.payload
    }
}
