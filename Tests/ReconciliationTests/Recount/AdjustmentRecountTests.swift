import Schemas
import Streams
import TestKit
import Testing

@testable import Reconciliation

/// Adjustments: copies, faults in their order, limits, and the decoder against the service's.
@Suite struct AdjustmentRecountTests {
    static let moment: Int64 = 1_700_000_000_000

    struct Fields {
        var id: [UInt8] = Array(1...16)
        var time = AdjustmentRecountTests.moment
        var amount: Int64 = -5
        var currency = Array("USD".utf8)
        var reason = Array("refund".utf8)
        var reference = Array("case 1".utf8)

        var payload: [UInt8] {
            func digits(_ value: UInt64) -> [UInt8] {
                value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + digits(value >> 7)
            }
            func bytes(_ number: UInt8, _ value: [UInt8]) -> [UInt8] {
                [number << 3 | 2] + digits(UInt64(value.count)) + value
            }
            let zigzag = UInt64(bitPattern: amount << 1 ^ amount >> 63)
            return bytes(1, id) + [0x10] + digits(UInt64(bitPattern: time)) + [
                0x18, 1, 0x20, 2, 0x28, 3, 0x30, 4, 0x38,
            ]
                + digits(zigzag) + bytes(8, currency) + bytes(9, reason) + bytes(10, reference)
        }
    }

    static func log(_ entries: [Int32: [Fields]]) -> ScriptedLog {
        ScriptedLog(
            topic: "spend-adjustments",
            entries.mapValues { all in
                all.enumerated().map {
                    .init(offset: Offset(Int64($0)), timestampMilliseconds: moment, value: $1.payload)
                }
            })
    }

    static func recount(_ log: ScriptedLog, limits: RecountLimits = RecountLimits()) throws -> AdjustmentRecount {
        var recount = AdjustmentRecount(limits: limits)
        // The last partition first: order of copies goes by place, not by reading.
        for partition in log.partitions().reversed() {
            try recount.advance(partition, in: log, to: log.bounds(of: partition).end)
        }
        return recount
    }

    @Test func copiesAreKeptInTheirPlaces() throws {
        var other = Fields()
        other.amount = 7
        var second = Fields()
        second.id = Array(2...17)
        let log = Self.log([0: [Fields(), second], 1: [other, Fields(), Fields()]])
        let recount = try Self.recount(log)
        let copies = try #require(recount.copies[.init(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)])
        #expect(copies.map { [Int64($0.partition), $0.offset] } == [[0, 0], [1, 0], [1, 1], [1, 2]])
        #expect(copies[0].saysTheSame(as: copies[2]) && !copies[0].saysTheSame(as: copies[1]))
        #expect(recount.copies.count == 2 && recount.letters == [] && recount.count == 5)
        #expect(copies[0].id.text == "0102030405060708090a0b0c0d0e0f10")
        #expect(copies[0].amountNanos == -5 && copies[0].currency == "USD" && copies[0].reason == "refund")
        #expect(copies[0].reference == "case 1" && copies[0].advertiser == 1 && copies[0].campaign == 2)
        #expect(copies[0].adGroup == 3 && copies[0].ad == 4 && copies[0].eventTime == Self.moment)
        #expect(recount.partitions.map(\.records) == [2, 3] && recount.partitions.map(\.next) == [2, 3])
        #expect(recount.partitions.map(\.streamTime) == [Self.moment, Self.moment])
    }

    @Test func faultsInTheirOrder() throws {
        var broken: [(Fields, String?)] = []
        func add(_ code: String?, _ change: (inout Fields) -> Void) {
            var fields = Fields()
            change(&fields)
            broken.append((fields, code))
        }
        add("adjustment_id") {
            $0.id.removeLast(); $0.amount = 0
        }
        add("amount") {
            $0.amount = 0; $0.currency = []
        }
        add("amount") { $0.amount = 1_000_000_000_000_000_001 }
        add("amount") { $0.amount = -1_000_000_000_000_000_001 }
        add(nil) { $0.amount = 1_000_000_000_000_000_000 }
        add(nil) { $0.amount = -1_000_000_000_000_000_000 }
        add("currency") {
            $0.currency = Array("usd".utf8); $0.time = 0
        }
        add("event_time") {
            $0.time = 0; $0.reason = []
        }
        add("event_time") { $0.time = Self.moment + 172_800_001 }
        add(nil) { $0.time = Self.moment + 172_800_000 }
        add("reason") {
            $0.reason = []; $0.reference = [0xFF]
        }
        add("reason") { $0.reason = Array(" x".utf8) }
        add("reason") { $0.reason = Array("x ".utf8) }
        add("reason") { $0.reason = [0x41, 0x7F] }
        add("reason") { $0.reason = [UInt8](repeating: 0x41, count: 65) }
        add(nil) { $0.reason = [UInt8](repeating: 0x41, count: 64) }
        add(nil) { $0.reason = Array("a b".utf8) }
        add("reference") { $0.reference = [0xFF] }
        add("reference") { $0.reference = [0xC2, 0x85] }
        add("reference") { $0.reference = [0x41, 0x0A] }
        add("reference") { $0.reference = [UInt8](repeating: 0x41, count: 129) }
        add(nil) { $0.reference = [UInt8](repeating: 0x41, count: 128) }
        add(nil) { $0.reference = [] }
        add(nil) { $0.reference = Array("Ä 1".utf8) }
        let log = Self.log([2: broken.map(\.0)])
        log.entries[2]! += [
            .init(offset: Offset(50), timestampMilliseconds: -1, value: nil),
            .init(offset: Offset(51), timestampMilliseconds: -1, value: []),
            .init(offset: Offset(52), timestampMilliseconds: -1, value: [0x0A]),
        ]
        let recount = try Self.recount(log)
        let expected =
            broken.enumerated().compactMap { place, entry in entry.1.map { (Int64(place), $0) } }
            + [(50, "empty_payload"), (51, "empty_payload"), (52, "undecodable")]
        #expect(recount.letters == expected.map { .init(partition: 2, offset: $0.0, code: $0.1) })
        #expect(recount.partitions[0].deadLetters == Int64(expected.count))
        #expect(recount.copies.values.map(\.count).reduce(0, +) == broken.count { $0.1 == nil })
        #expect(recount.partitions[0].holes == [[Int64(broken.count), 49]])
    }

    @Test func agreesWithTheServicesDecoder() throws {
        var generator = SeededGenerator(seed: 4)
        var accepted = 0
        for _ in 0..<40_000 {
            var payload = Fields().payload
            let place = Int.random(in: 0..<payload.count, using: &generator)
            payload[place] = UInt8(truncatingIfNeeded: generator.next())
            var theirs = SpendAdjustment()
            let decodes = payload.withUnsafeBytes { SpendAdjustmentReader.read($0, into: &theirs) }
            var ours: RecountedAdjustment?
            var isUndecodable = false
            payload.withUnsafeBytes { bytes in
                do throws(RecountedAdjustment.Fault) {
                    ours = try RecountedAdjustment(
                        Record(
                            partition: Partition(0), offset: Offset(0), timestampMilliseconds: -1, keyStart: nil,
                            keyCount: 0, valueStart: bytes.baseAddress, valueCount: bytes.count))
                } catch { isUndecodable = error == .undecodable }
            }
            #expect(isUndecodable == !decodes)
            guard let ours else { continue }
            accepted += 1
            #expect(
                ours.amountNanos == theirs.amountNanos && ours.eventTime == theirs.eventTimeMilliseconds
                    && ours.campaign == theirs.campaignID && ours.advertiser == theirs.advertiserID
                    && ours.adGroup == theirs.adGroupID && ours.ad == theirs.adID && ours.id.high == theirs.idHigh
                    && ours.id.low == theirs.idLow && ours.currency == theirs.currency.description)
            theirs.reason.withBytes { #expect(Array($0) == Array(ours.reason.utf8)) }
        }
        #expect(accepted > 10_000)
    }

    @Test func limitsAndGoingOn() throws {
        let log = Self.log([0: [Fields(), Fields(), Fields()]])
        var limits = RecountLimits()
        limits.adjustments = 2
        var recount = AdjustmentRecount(limits: limits)
        let error = #expect(throws: RecountError.self) {
            try recount.advance(Partition(0), in: log, to: Offset(3))
        }
        #expect(error?.code == .limit && error?.message.contains("the limit adjustments, 2") == true)
        #expect(recount.partitions.map(\.next) == [2] && recount.count == 2)
        var whole = AdjustmentRecount()
        var steps = AdjustmentRecount()
        try whole.advance(Partition(0), in: log, to: Offset(3))
        for next in 0...3 { try steps.advance(Partition(0), in: log, to: Offset(Int64(next))) }
        #expect(steps.partitions == whole.partitions && steps.copies == whole.copies)
        #expect(throws: RecountError.self) { try steps.advance(Partition(0), in: log, to: Offset(2)) }
        #expect(throws: RecountError.self) {
            try steps.advance(Partition(0), in: ScriptedLog([0: []]), to: Offset(3))
        }
    }
}
