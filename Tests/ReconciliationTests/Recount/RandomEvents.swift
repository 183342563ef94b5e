import Reconciliation
import Streams
import TestKit

/// Random logs in which everything that the contract speaks of comes often: repeats at the edges of the horizon, late
/// events, faults, gaps between offsets.
struct RandomEvents {
    var generator: SeededGenerator
    var horizon: Int64
    /// Ids that have been used, with the time of their last copy.
    private var used: [(id: [UInt8], time: Int64)] = []
    private var time: Int64 = 1_700_000_000_000

    init(seed: UInt64, horizon: Int64) {
        generator = SeededGenerator(seed: seed)
        self.horizon = horizon
    }

    mutating func log(_ count: Int, from start: Int64 = 0) -> [SimulatedLog.Entry] {
        var offset = start
        return (0..<count).map { _ in
            offset += generator.oneIn(15) ? Int64.random(in: 2...4, using: &generator) : 1
            return record(at: offset)
        }
    }

    private mutating func record(at offset: Int64) -> SimulatedLog.Entry {
        var event = validEvent()
        // Now and then time comes to exactly the end of an id's horizon, or just beyond it.
        if generator.oneIn(4), let last = used.suffix(30).randomElement(using: &generator) {
            event.eventID = last.id
            if generator.oneIn(2) {
                time = max(time, last.time + horizon + Int64.random(in: -1...1, using: &generator))
            }
        } else {
            time += Int64.random(in: 0...horizon / 10, using: &generator)
        }
        event.eventTimeMilliseconds = time - (generator.oneIn(3) ? Int64.random(in: 0...200_000, using: &generator) : 0)
        used.append((event.eventID, time))
        var timestamp =
            generator.oneIn(10) ? -1 : event.eventTimeMilliseconds + Int64.random(in: -9...9, using: &generator)
        var value: [UInt8]? = event.payload
        if generator.oneIn(8) { spoil(&event, &value, &timestamp) }
        return SimulatedLog.Entry(
            offset: Offset(offset), timestampMilliseconds: timestamp,
            key: generator.oneIn(3) ? nil : Array("\(event.campaignID)".utf8), value: value)
    }

    private mutating func validEvent() -> ContractEvent {
        var event = ContractEvent()
        event.eventID = (0..<16).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        event.advertiserID = Int64.random(in: 0...1, using: &generator)
        event.campaignID = Int64.random(in: -1...2, using: &generator)
        event.adGroupID = Int64.random(in: 5...6, using: &generator)
        event.adID = Int64.random(in: 7...8, using: &generator)
        event.type = Int32.random(in: 1...4, using: &generator)
        event.pricing = generator.oneIn(3) ? Int32.random(in: 1...4, using: &generator) : event.type
        event.priceMicros =
            generator.oneIn(5) ? 1_000_000_000_000 : Int64.random(in: 0...999, using: &generator)
        event.currency = ["USD", "EUR"].randomElement(using: &generator)!
        event.placement = Int32.random(in: -1...1, using: &generator)
        event.country = ["DE", "US", "", "usa"].randomElement(using: &generator)!
        event.userHash = generator.next()
        event.invalidReason = generator.oneIn(6) ? Int32.random(in: -1...2, using: &generator) : 0
        return event
    }

    private mutating func spoil(_ event: inout ContractEvent, _ value: inout [UInt8]?, _ timestamp: inout Int64) {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0:
            value = nil
            return
        case 1:
            value = []
            return
        case 2:
            value = [0x08]
            return
        case 3: event.eventID.removeLast()
        case 4: event.type = 5
        case 5: event.pricing = 0
        case 6: event.priceMicros = 1_000_000_000_001
        case 7: event.currency = "usd"
        case 8: event.eventTimeMilliseconds = [0, 4_102_444_800_000].randomElement(using: &generator)!
        default:
            timestamp = event.eventTimeMilliseconds - 172_800_000 - Int64.random(in: 0...1, using: &generator)
        }
        value = event.payload
    }
}
