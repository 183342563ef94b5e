import Reconciliation
import Streams
import TestKit
import Testing

/// The contract's own vectors, with blocks of one record, of a few, and of all.
@Suite struct RecountVectorTests {
    @Test(arguments: [1, 2, 7, 1_000])
    func everyVector(_ block: Int) throws {
        let vectors = try ContractVectors.load()
        #expect(vectors.count == 68)
        for vector in vectors {
            let log = ScriptedLog([3: vector.entries])
            let recount = try Recount(
                temporaryIn: "/tmp",
                settings: RecountSettings(
                    horizon: vector.horizonMilliseconds, outOfOrderness: vector.outOfOrdernessMilliseconds),
                limits: RecountLimits(block: block, rows: block == 1_000 ? 1_000 : 2, letters: 2))
            try recount.advanceToEnd(of: log)
            let rows = try recount.allRows(.minute).map(\.contractRow)
            #expect(rows == vector.rows.sorted(by: ContractVector.Row.precedes), "\(vector.name)")
            let letters = try recount.allLetters().map {
                ContractVector.DeadLetter(offset: $0.offset, reason: $0.fault.code)
            }
            #expect(letters == vector.deadLetters, "\(vector.name)")
            let state = try #require(recount.partitions.first)
            #expect(state.duplicates == vector.duplicates, "\(vector.name)")
            #expect(state.records == Int64(vector.log.count), "\(vector.name)")
            #expect(state.deadLetters == Int64(vector.deadLetters.count), "\(vector.name)")
            #expect(
                state.streamTime.map { $0 - vector.outOfOrdernessMilliseconds } == vector.watermarkMilliseconds,
                "\(vector.name)")
            #expect(state.late == vector.rows.reduce(0) { $0 + $1.lateEvents }, "\(vector.name)")
            #expect(state.invalid == vector.rows.reduce(0) { $0 + $1.invalidEvents }, "\(vector.name)")
        }
    }

    @Test func verdictsOfTheWorkedExample() throws {
        let vector = try #require(try ContractVectors.load().first { $0.name == "worked_example" })
        let log = ScriptedLog([0: vector.entries])
        var seen: [Int64: EventVerdict] = [:]
        var ids: Set<String> = []
        try EventTrace.run(
            Partition(0), in: log, from: Offset(100), to: Offset(110), settings: RecountSettings(),
            limits: RecountLimits(block: 3)
        ) {
            ids.insert($0.id)
            return $0.offset != 103
        } body: { event, verdict in
            seen[event.offset] = verdict
        }
        #expect(
            seen == [
                100: .counted(isLate: false), 101: .counted(isLate: false),
                102: .duplicate(of: 100, gapMilliseconds: 13_000), 104: .deadLetter(.currency),
                105: .counted(isLate: true), 106: .invalid, 107: .deadLetter(.emptyPayload),
                108: .counted(isLate: false),
                109: .countedAgain(of: 102, gapMilliseconds: 674_000, isLate: true),
            ])
        // Six ids, and none for the null payload.
        #expect(ids.count == 7 && ids.contains("") && ids.allSatisfy { $0.isEmpty || $0.utf8.count == 32 })
    }

    @Test func eventsSayWhatTheyAre() throws {
        var event = ContractEvent()
        event.eventID = Array(0..<16)
        event.eventTimeMilliseconds = 7_261_000
        event.advertiserID = 1
        event.campaignID = 2
        event.adGroupID = 3
        event.adID = 4
        event.type = 2
        event.pricing = 2
        event.priceMicros = 5
        event.currency = "EUR"
        event.placement = -6
        event.country = "DE"
        let log = ScriptedLog([
            4: [.init(offset: Offset(9), timestampMilliseconds: 8_000_000, value: event.payload)]
        ])
        var events: [RecountedEvent] = []
        try EventTrace.run(
            Partition(4), in: log, from: Offset(9), to: Offset(10), settings: RecountSettings(), wants: { _ in true },
            body: { event, _ in events.append(event) })
        let seen = try #require(events.first)
        #expect(seen.id == "000102030405060708090a0b0c0d0e0f")
        #expect(seen.typeName == "CLICK" && seen.pricingName == "CPC" && seen.currencyText == "EUR")
        #expect(seen.country == "DE" && seen.placement == -6 && seen.priceMicros == 5 && seen.isDecoded)
        #expect(seen.timestamp == 8_000_000 && seen.eventTime == 7_261_000 && seen.partition == 4)
        #expect(seen.key(.day) == nil)
        #expect(seen.key(.minute)?.start == 7_260_000 && seen.key(.hour)?.start == 7_200_000)
        #expect(seen.key(.lifetime)?.start == 0)
        #expect(seen.key(.adHour)?.first == 3 && seen.key(.adHour)?.second == 4)
        #expect(seen.key(.placementHour)?.first == -6 && seen.key(.placementHour)?.second == 0)
        #expect(seen.key(.countryHour)?.first == 0x4445)
        #expect(seen.counts(isLate: true).clicks == 1 && seen.counts(isLate: true).lateEvents == 1)
        #expect(seen.counts(isLate: false).spendNanos == 5_000)
    }
}

extension ContractVector {
    var entries: [SimulatedLog.Entry] {
        log.map {
            SimulatedLog.Entry(
                offset: Offset($0.offset), timestampMilliseconds: $0.timestampMilliseconds, value: $0.payload)
        }
    }
}

extension SpendRow {
    var contractRow: ContractVector.Row {
        ContractVector.Row(
            advertiserID: key.advertiser, campaignID: key.campaign, minuteMilliseconds: key.start,
            currency: key.currencyText, impressions: counts.impressions, clicks: counts.clicks,
            conversions: counts.conversions, videoViews: counts.videoViews, invalidEvents: counts.invalidEvents,
            spendNanos: counts.spendNanos, lateEvents: counts.lateEvents)
    }
}
