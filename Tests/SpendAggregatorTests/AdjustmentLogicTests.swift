import Schemas
import SpendAggregatorJob
import Streams
import TestKit
import Testing

@Suite struct AdjustmentLogicTests {
    private static let start: Int64 = 1_767_225_600_000
    private static let settings = StreamSettings(horizonMilliseconds: 0, deduplicates: false)

    private static let sound = SpendAdjustment(
        idHigh: 1, idLow: 2, idLength: 16, eventTimeMilliseconds: start, advertiserID: 1, campaignID: 10, adID: 0,
        amountNanos: -2_500_000, currency: CurrencyCode("USD") ?? .none, reason: InlineText("invalid_traffic"),
        reference: InlineText("case 17"))

    /// The reason of a record; nil where it is sound.
    private func reason(_ payload: [UInt8]?, timestamp: Int64 = start) -> String? {
        let entry = SimulatedLog.Entry(offset: Offset(7), timestampMilliseconds: timestamp, value: payload)
        return RecordBlock([(Partition(0), entry)]).withRecords { records in
            let logic = AdjustmentLogic()
            var event = logic.blankEvent
            let fault = logic.decode(records[0], into: &event)
            #expect(event.offset == Offset(7))
            return fault == .none ? nil : logic.reason(of: fault)
        }
    }

    private func reason(timestamp: Int64 = start, _ change: (inout SpendAdjustment) -> Void) -> String? {
        var adjustment = Self.sound
        change(&adjustment)
        return reason(SpendAdjustmentWriter.encode(adjustment), timestamp: timestamp)
    }

    @Test func theFirstFaultInTheOrderOfTheContractNamesTheReason() {
        let faults: [(String, (inout SpendAdjustment) -> Void)] = [
            ("adjustment_id", { $0.idLength = 15 }),
            ("amount", { $0.amountNanos = 0 }),
            ("currency", { $0.currency = .none }),
            ("event_time", { $0.eventTimeMilliseconds = 0 }),
            ("reason", { $0.reason = InlineText() }),
            ("reference", { $0.reference = InlineText("a\nb") }),
        ]
        #expect(reason(nil) == "empty_payload" && reason([]) == "empty_payload" && reason([0]) == "undecodable")
        for first in faults.indices {
            for last in first...faults.count {
                let found = reason { adjustment in
                    for fault in faults[first..<max(first + 1, last)] { fault.1(&adjustment) }
                }
                #expect(found == faults[first].0)
            }
        }
        #expect(reason { _ in } == nil)
        let codes = [
            "empty_payload", "undecodable", "adjustment_id", "amount", "currency", "event_time", "reason", "reference",
        ]
        #expect(AdjustmentFault.allCases.map(\.code) == codes)
        #expect(AdjustmentFault.allCases.map(\.rawValue) == Array(1...8), "0 is no fault")
        #expect(AdjustmentLogic().reason(of: Fault(rawValue: 200)) == "unknown")
    }

    @Test(arguments: [0, 1, 15, 17, 64])
    func anIdHas16Bytes(length: Int32) {
        #expect(reason { $0.idLength = length } == "adjustment_id")
    }

    @Test(arguments: [1, -1, 1_000_000_000_000_000_000, -1_000_000_000_000_000_000] as [Int64])
    func amountsWithinTheirLimits(amount: Int64) {
        #expect(reason { $0.amountNanos = amount } == nil)
    }

    @Test(arguments: [0, 1_000_000_000_000_000_001, -1_000_000_000_000_000_001, .max, .min] as [Int64])
    func amountsBeyondThem(amount: Int64) {
        #expect(reason { $0.amountNanos = amount } == "amount")
    }

    /// As for ad events.
    @Test func theMomentThatIsCorrected() {
        let lead = SpendLogic.maximumLeadMilliseconds
        let end = SpendLogic.endOfTimeMilliseconds
        #expect(reason { $0.eventTimeMilliseconds = 1 } == nil, "however long ago")
        #expect(reason { $0.eventTimeMilliseconds = -1 } == "event_time")
        #expect(reason { $0.eventTimeMilliseconds = .min } == "event_time")
        #expect(reason { $0.eventTimeMilliseconds = Self.start + lead } == nil)
        #expect(reason { $0.eventTimeMilliseconds = Self.start + lead + 1 } == "event_time")
        #expect(reason(timestamp: -1) { $0.eventTimeMilliseconds = end - 1 } == nil)
        #expect(reason(timestamp: -1) { $0.eventTimeMilliseconds = end } == "event_time")
        #expect(reason(timestamp: .max) { $0.eventTimeMilliseconds = end } == "event_time")
    }

    @Test(arguments: [
        "a", "~", "!", "invalid_traffic", "two words", "a  b", String(repeating: "r", count: 64),
    ])
    func reasonsThatAreCodes(text: String) {
        #expect(reason { $0.reason = InlineText(text) } == nil)
    }

    @Test(arguments: [
        "", " ", " a", "a ", "a\tb", "a\u{0}b", "a\u{7F}", "käse", String(repeating: "r", count: 65),
        String(repeating: "r", count: 1_000),
    ])
    func reasonsThatAreNot(text: String) {
        #expect(reason { $0.reason = InlineText(text) } == "reason")
    }

    @Test(arguments: [
        "", " ", "case 17", " käse ", "日本", "\u{A0}", "\u{2028}", "🦆", "\u{10FFFF}", String(repeating: "r", count: 128),
        String(repeating: "ä", count: 64),
    ])
    func referencesThatArePlain(text: String) {
        #expect(reason { $0.reference = InlineText(text) } == nil)
    }

    @Test(arguments: [
        "\u{0}", "a\n", "\t", "\r", "\u{1B}[2J", "\u{7F}", "\u{80}", "\u{85}", "\u{9F}",
        String(repeating: "r", count: 129), String(repeating: "ä", count: 65), String(repeating: "r", count: 1_000),
    ])
    func referencesThatAreNot(text: String) {
        #expect(reason { $0.reference = InlineText(text) } == "reference")
    }

    /// Broken, cut off, overlong, a surrogate, beyond the last one.
    @Test(
        arguments: [
            [0xFF], [0x80], [0x61, 0xC3], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF0, 0x9F, 0xA6],
        ] as [[UInt8]])
    func referencesThatAreNotUTF8(bytes: [UInt8]) {
        #expect(reason { $0.reference = bytes.withUnsafeBytes { InlineText($0) } } == "reference")
    }

    @Test func anyNumbersOfAdvertisersAndCampaignsAreAccepted() {
        for id in [0, -1, Int64.min, .max] {
            let found = reason {
                $0.advertiserID = id
                $0.campaignID = id
                $0.adGroupID = id
                $0.adID = id
            }
            #expect(found == nil)
        }
    }

    // MARK: In the pipeline

    private typealias Driver = PipelineDriver<AdjustmentLogic, AdjustmentTables>

    private func driver() -> Driver {
        Driver(
            logic: AdjustmentLogic(), settings: Self.settings, tables: AdjustmentTables(),
            log: SimulatedLog(topic: "spend-adjustments"))
    }

    private func append(_ driver: Driver, id: UInt64, time: Int64, timestamp: Int64) {
        var adjustment = Self.sound
        adjustment.idLow = id
        adjustment.eventTimeMilliseconds = time
        driver.log.append(
            to: driver.partition, timestampMilliseconds: timestamp, value: SpendAdjustmentWriter.encode(adjustment))
    }

    @Test func adjustmentsComeInTheOrderOfTheLogRepeatsIncluded() throws {
        let driver = driver()
        let day: Int64 = 86_400_000
        append(driver, id: 5, time: Self.start, timestamp: Self.start + 3 * day)
        append(driver, id: 4, time: Self.start - 90 * day, timestamp: Self.start + 3 * day)
        driver.log.append(to: driver.partition, timestampMilliseconds: Self.start, value: [0])
        append(driver, id: 5, time: Self.start, timestamp: Self.start + 3 * day)
        append(driver, id: 6, time: Self.start + day, timestamp: -1)
        try driver.start()
        driver.readAll(batch: 2)
        #expect(driver.core.pendingRows == 4)
        driver.cut()
        let entries = driver.database.tables.entries
        #expect(entries.map(\.adjustment.idLow) == [5, 4, 5, 6])
        #expect(entries.map(\.offset.rawValue) == [0, 1, 3, 4])
        #expect(driver.progress.counters.duplicates == 0 && driver.progress.counters.deadLetters == 1)
        #expect(driver.progress.counters.late == 0 && driver.progress.counters.invalid == 0)
        #expect(driver.database.deadLetters.map(\.letter.reason) == ["undecodable"])
    }

    @Test func batchesAndRestartsMakeNoDifference() throws {
        let whole = driver()
        let parts = driver()
        for number in 0..<60 {
            for driver in [whole, parts] {
                append(driver, id: UInt64(number % 7), time: Self.start + Int64(number), timestamp: Self.start)
            }
        }
        try whole.start()
        whole.readAll()
        whole.cut()
        try parts.start()
        while parts.read(7) {
            if parts.cut() { try parts.restart() }
        }
        #expect(parts.restarts > 5)
        #expect(parts.database.tables.entries == whole.database.tables.entries)
        #expect(parts.progress.streamTime == whole.progress.streamTime)
        #expect(whole.database.tables.entries.count == 60)
    }

    @Test func anOutputIsUsedAgain() {
        let output = AdjustmentLogic().makeOutput()
        for round in [3, 5_000, 2] {
            for number in 0..<round {
                let entry = AdjustmentEntry(offset: Offset(Int64(number)), adjustment: Self.sound)
                #expect(AdjustmentLogic().apply(entry, watermark: .distantPast, to: output) == [])
            }
            #expect(output.rowCount == round && output.entries.count == round)
            output.removeAll()
            #expect(output.rowCount == 0)
        }
    }
}

/// What was committed, in the order of commits.
private struct AdjustmentTables: SimulatedTables {
    var entries: [AdjustmentEntry] = []
    mutating func add(_ output: AdjustmentOutput, of partition: Partition) { entries += output.entries }
    mutating func remove(_ partition: Partition) { entries = [] }
}
