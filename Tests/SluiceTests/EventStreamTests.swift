import Schemas
import Testing

@testable import Sluice

@Suite struct EventStreamTests {
    /// FNV-1a over everything that is sent: partitions, timestamps, keys and payloads.
    private static func hash(_ shape: StreamShape) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        var stream = EventStream(shape: shape)
        var encoder = RecordEncoder()
        while let record = stream.next() {
            add("\(record.partition) \(record.timestampMilliseconds) \(record.event.campaign)".utf8)
            encoder.withPayload(of: record) { payload in
                if let payload { add(payload) } else { add([0]) }
            }
        }
        return hash
    }

    @Test func theSameSeedGivesTheSameBytes() {
        let shape = StreamShape(seed: 7, events: 20_000)
        #expect(Self.hash(shape) == Self.hash(shape))
        var other = shape
        other.seed = 8
        #expect(Self.hash(shape) != Self.hash(other))
    }

    @Test func theBytesOfASeedStayWhatTheyAre() {
        // Changes only when the generator is meant to send something else: truths on disk are void then.
        #expect(Self.hash(StreamShape(seed: 1, events: 20_000)) == 3_740_804_318_154_839_023)
    }

    @Test func arrivalNeverGoesBackAndStaysInTheSpan() {
        let shape = StreamShape(seed: 3, events: 50_000, spanMilliseconds: 3_600_123)
        var stream = EventStream(shape: shape)
        var last = shape.startMilliseconds
        var count: Int64 = 0
        while let record = stream.next() {
            #expect(record.timestampMilliseconds >= last)
            last = record.timestampMilliseconds
            count += 1
        }
        #expect(count == shape.events)
        #expect(last < shape.startMilliseconds + shape.spanMilliseconds)
        #expect(last > shape.startMilliseconds + shape.spanMilliseconds - 10_000)
    }

    @Test func trafficFollowsTheDay() {
        var schedule = ArrivalSchedule(
            startMilliseconds: 1_768_435_200_000, spanMilliseconds: 86_400_000, count: 240_000)
        var random = SeededRandom(seed: 1)
        var byHour = [Int](repeating: 0, count: 24)
        for index in 0..<Int64(240_000) {
            let arrival = schedule.arrivalMilliseconds(of: index, using: &random) - 1_768_435_200_000
            byHour[Int(arrival / 3_600_000)] += 1
        }
        #expect(byHour[20] > 4 * byHour[4])
        #expect(byHour.allSatisfy { $0 > 1000 })
    }

    @Test func sharesAreAboutRight() {
        let shape = StreamShape(seed: 11, events: 200_000)
        var stream = EventStream(shape: shape)
        var truth = TruthKeeper()
        while let record = stream.next() { truth.observe(record) }
        func share(_ count: KeyPath<TruthKeeper.PartitionTotals, Int64>) -> Double {
            Double(truth.partitions.values.reduce(0) { $0 + $1[keyPath: count] }) / Double(shape.events)
        }
        #expect((0.008...0.014).contains(share(\.duplicates)))
        #expect((0.003...0.008).contains(share(\.lateEvents)))
        #expect((0.004...0.006).contains(share(\.invalidEvents)))
        #expect((0.0006...0.0015).contains(share(\.deadLetters)))
        #expect(Set(truth.rows.keys.map(\.currency)).count >= 5)
        #expect(truth.partitions.count == 16)
        // Zipf: the first of a thousand campaigns has about a seventh of the traffic.
        let first = truth.rows.filter { $0.key.campaign == 10_000 }.values.reduce(0) { $0 + $1.impressions }
        #expect(first > shape.events / 12)
        // An advertiser bills in one currency.
        var currencies: [Int64: Set<String>] = [:]
        for key in truth.rows.keys { currencies[key.advertiser, default: []].insert(key.currency) }
        #expect(currencies.values.allSatisfy { $0.count == 1 })
    }

    @Test func everyReasonOccursEvenInAShortStream() {
        var stream = EventStream(shape: StreamShape(seed: 5, events: 100_000))
        var truth = TruthKeeper()
        while let record = stream.next() { truth.observe(record) }
        // No record within the limits can overflow.
        #expect(Set(truth.deadLetters.map(\.reason)) == Set(DeadLetterReason.allCases).subtracting([.overflow]))
    }

    @Test func copiesComeAgainBeyondTheHorizonAndAfterDeadLetters() {
        var stream = EventStream(shape: StreamShape(seed: 13, events: 400_000))
        var truth = TruthKeeper()
        var seen: [UInt64: TruthKeeper.Judgement] = [:]
        var beyondHorizon = 0
        var mended = 0
        while let record = stream.next() {
            let judgement = truth.observe(record)
            if case .counted = judgement {
                switch seen[record.event.idHigh] {
                case .counted, .duplicate: beyondHorizon += 1
                case .deadLetter: mended += 1
                case .invalid, nil: break
                }
            }
            seen[record.event.idHigh] = judgement
        }
        #expect(beyondHorizon > 10)
        #expect(mended > 50)
    }

    @Test func aCampaignStaysInItsPartition() {
        var stream = EventStream(shape: StreamShape(seed: 17, events: 20_000, partitions: 7))
        while let record = stream.next() {
            #expect(record.partition == CampaignCatalog.partition(ofCampaign: record.event.campaign, of: 7))
        }
    }

    @Test func encodedEventsDecodeToWhatWasMeantAndDamagedOnesDoNot() {
        var stream = EventStream(shape: StreamShape(seed: 19, events: 60_000, undecodable: 0.01, faulty: 0.01))
        var encoder = RecordEncoder()
        var damages: Set<PayloadModel.Damage> = []
        while let record = stream.next() {
            encoder.withPayload(of: record) { payload in
                guard let payload else {
                    #expect(record.payload == .null)
                    return
                }
                var event = AdEvent()
                let decodes = AdEventReader.read(payload, into: &event)
                switch record.payload {
                case .null: Issue.record("a null payload has bytes")
                case .empty: #expect(payload.isEmpty)
                case .undecodable(let damage):
                    damages.insert(damage)
                    #expect(!decodes, "\(damage)")
                case .event:
                    #expect(decodes)
                    var meant = record.event
                    if meant.idByteCount != 16 { (meant.idHigh, meant.idLow) = (0, 0) }
                    if CurrencyCode(meant.currency) == nil { meant.currency = "" }
                    #expect(AdEventModel(decoded: event) == meant)
                }
            }
        }
        #expect(damages == Set(PayloadModel.Damage.allCases))
    }
}
