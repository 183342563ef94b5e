import Schemas
import SpendAggregatorJob
import Streams
import TestKit
import Testing

@Suite struct BudgetLogicTests {
    private static let start: Int64 = 1_767_225_600_000
    private static let settings = StreamSettings(horizonMilliseconds: 0, deduplicates: false)
    private static let longestZone = String(repeating: "Z", count: 64)
    private static let logic = BudgetLogic(
        timeZones: ["UTC", "Europe/Berlin", "", longestZone, String(repeating: "Y", count: 65)])

    private static let sound = CampaignBudget(
        campaignID: 10, advertiserID: 1, currency: CurrencyCode("USD") ?? .none, dailyBudgetNanos: 50_000_000_000,
        lifetimeBudgetNanos: 900_000_000_000, timeZone: InlineText("Europe/Berlin"), startsMilliseconds: start,
        endsMilliseconds: start + 1, version: 3)

    /// What becomes of a record: its change, or the reason why there is none.
    private func judge(
        key: String?, _ payload: [UInt8]?, timestamp: Int64 = start
    ) -> (change: BudgetChange?, reason: String?) {
        let entry = SimulatedLog.Entry(
            offset: Offset(7), timestampMilliseconds: timestamp, key: key.map { Array($0.utf8) }, value: payload)
        return RecordBlock([(Partition(0), entry)]).withRecords { records in
            var event = Self.logic.blankEvent
            // What an earlier record left.
            event.isRemoval = true
            event.budget = CampaignBudget(campaignID: 99, version: 99)
            let fault = Self.logic.decode(records[0], into: &event)
            return fault == .none ? (event, nil) : (nil, Self.logic.reason(of: fault))
        }
    }

    private func reason(key: String? = "10", _ change: (inout CampaignBudget) -> Void) -> String? {
        var budget = Self.sound
        change(&budget)
        return judge(key: key, CampaignBudgetWriter.encode(budget)).reason
    }

    @Test func aSoundBudgetIsAChange() {
        let payload = CampaignBudgetWriter.encode(Self.sound)
        for key in ["10", nil] {
            let change = judge(key: key, payload).change
            #expect(
                change
                    == BudgetChange(
                        offset: Offset(7), recordTimestampMilliseconds: Self.start, isRemoval: false,
                        budget: Self.sound))
        }
    }

    @Test func theFirstFaultInTheOrderOfTheContractNamesTheReason() {
        let faults: [(String, (inout CampaignBudget) -> Void)] = [
            ("campaign_key", { $0.campaignID = 11 }),
            ("currency", { $0.currency = .none }),
            ("amount", { $0.dailyBudgetNanos = -1 }),
            ("time_zone", { $0.timeZone = InlineText("Mars/Olympus") }),
            ("period", { $0.startsMilliseconds = -1 }),
            ("version", { $0.version = -1 }),
        ]
        #expect(judge(key: "10", []).reason == "empty_payload")
        #expect(judge(key: "x", []).reason == "empty_payload")
        #expect(judge(key: "10", [0]).reason == "undecodable" && judge(key: "x", [0]).reason == "undecodable")
        for first in faults.indices {
            for last in first...faults.count {
                let found = reason { budget in
                    for fault in faults[first..<max(first + 1, last)] { fault.1(&budget) }
                }
                #expect(found == faults[first].0)
            }
        }
        #expect(reason { _ in } == nil)
        let codes = [
            "empty_payload", "undecodable", "campaign_key", "currency", "amount", "time_zone", "period", "version",
        ]
        #expect(BudgetFault.allCases.map(\.code) == codes)
        #expect(BudgetFault.allCases.map(\.rawValue) == Array(1...8), "0 is no fault")
        #expect(Self.logic.reason(of: Fault(rawValue: 200)) == "unknown")
    }

    // MARK: Keys and tombstones

    @Test(
        arguments: [
            ("0", 0), ("10", 10), ("-1", -1), ("9223372036854775807", .max), ("-9223372036854775808", .min),
        ] as [(String, Int64)])
    func aNullPayloadRemovesTheCampaignOfItsKey(key: String, campaign: Int64) {
        let change = judge(key: key, nil).change
        #expect(change?.isRemoval == true)
        #expect(change?.budget == CampaignBudget(campaignID: campaign), "and holds nothing else")
        #expect(change?.offset == Offset(7) && change?.recordTimestampMilliseconds == Self.start)
        #expect(reason(key: key) { $0.campaignID = campaign } == nil)
    }

    @Test(arguments: [
        "", "-", "-0", "00", "007", "-01", "+1", " 1", "1 ", "1.0", "0x1", "ten", "1\u{0}", "٣",
        "9223372036854775808", "-9223372036854775809", "18446744073709551616", "99999999999999999999",
        String(repeating: "1", count: 500),
    ])
    func keysThatNameNoCampaign(key: String) {
        #expect(judge(key: key, nil).reason == "campaign_key")
        #expect(reason(key: key) { _ in } == "campaign_key")
    }

    @Test func aTombstoneWithoutAKeyNamesNoCampaign() {
        #expect(judge(key: nil, nil).reason == "campaign_key")
    }

    @Test func aPayloadOfAnotherCampaignThanItsKeys() {
        #expect(reason(key: "11") { _ in } == "campaign_key")
        #expect(reason(key: nil) { $0.campaignID = 11 } == nil, "no key contradicts it")
    }

    // MARK: Values

    @Test func amountsToTheirLimits() {
        let most: Int64 = 1_000_000_000_000_000_000
        for amount in [0, 1, most] {
            #expect(reason { $0.dailyBudgetNanos = amount } == nil)
            #expect(reason { $0.lifetimeBudgetNanos = amount } == nil)
        }
        for amount in [-1, most + 1, .min, .max] {
            #expect(reason { $0.dailyBudgetNanos = amount } == "amount")
            #expect(reason { $0.lifetimeBudgetNanos = amount } == "amount")
        }
        #expect(reason { ($0.dailyBudgetNanos, $0.lifetimeBudgetNanos) = (0, 0) } == nil, "no budget at all")
    }

    @Test func timeZonesAreThoseThatAreKnown() {
        for zone in ["", "UTC", "Europe/Berlin", Self.longestZone] {
            #expect(reason { $0.timeZone = InlineText(zone) } == nil)
        }
        for zone in [
            "europe/berlin", "Europe/Berlin ", "Europe", "Z", "UTC\u{0}", String(repeating: "Y", count: 65),
            String(repeating: "Z", count: 65),
        ] {
            #expect(reason { $0.timeZone = InlineText(zone) } == "time_zone")
        }
    }

    @Test func periods() {
        let end = SpendLogic.endOfTimeMilliseconds
        func reason(_ starts: Int64, _ ends: Int64) -> String? {
            self.reason { ($0.startsMilliseconds, $0.endsMilliseconds) = (starts, ends) }
        }
        for (starts, ends) in [(0, 0), (0, 1), (1, 0), (1, 2), (end - 1, 0), (0, end - 1), (end - 2, end - 1)] {
            #expect(reason(starts, ends) == nil, "\(starts) to \(ends)")
        }
        for (starts, ends) in [
            (-1, 0), (0, -1), (1, 1), (2, 1), (end, 0), (0, end), (end, end + 1), (.min, 0), (0, .min), (.max, 0),
            (0, .max),
        ] {
            #expect(reason(starts, ends) == "period", "\(starts) to \(ends)")
        }
    }

    @Test func versions() {
        for version in [0, 1, Int64.max] { #expect(reason { $0.version = version } == nil) }
        for version in [-1, Int64.min] { #expect(reason { $0.version = version } == "version") }
    }

    // MARK: In the pipeline

    private typealias Driver = PipelineDriver<BudgetLogic, BudgetTables>

    private func driver() -> Driver {
        Driver(
            logic: Self.logic, settings: Self.settings, tables: BudgetTables(),
            log: SimulatedLog(topic: "campaign-budgets"))
    }

    private func append(_ driver: Driver, campaign: Int64, version: Int64?, timestamp: Int64) {
        var budget = Self.sound
        budget.campaignID = campaign
        budget.version = version ?? 0
        driver.log.append(
            to: driver.partition, timestampMilliseconds: timestamp, key: Array(String(campaign).utf8),
            value: version == nil ? nil : CampaignBudgetWriter.encode(budget))
    }

    @Test func changesComeInTheOrderOfTheLog() throws {
        let driver = driver()
        append(driver, campaign: 10, version: 2, timestamp: Self.start)
        append(driver, campaign: 11, version: 1, timestamp: Self.start + 5)
        append(driver, campaign: 10, version: nil, timestamp: Self.start + 2)
        driver.log.append(to: driver.partition, timestampMilliseconds: Self.start + 9, value: [])
        append(driver, campaign: 10, version: 1, timestamp: -1)
        append(driver, campaign: 10, version: 1, timestamp: -1)
        try driver.start()
        driver.readAll(batch: 4)
        #expect(driver.core.pendingRows == 5)
        driver.cut()
        let changes = driver.database.tables.changes
        #expect(changes.map(\.offset.rawValue) == [0, 1, 2, 4, 5])
        #expect(changes.map(\.budget.campaignID) == [10, 11, 10, 10, 10])
        #expect(changes.map(\.budget.version) == [2, 1, 0, 1, 1])
        #expect(changes.map(\.isRemoval) == [false, false, true, false, false])
        #expect(changes.map(\.recordTimestampMilliseconds).last == -1)
        #expect(driver.progress.counters.duplicates == 0)
        #expect(driver.database.deadLetters.map(\.letter.reason) == ["empty_payload"])
        #expect(driver.progress.streamTime == EventTime(rawValue: Self.start + 5), "dead letters move no time")
    }

    @Test func timestampsThatAreAbsentMoveNoTime() throws {
        let driver = driver()
        append(driver, campaign: 10, version: 1, timestamp: -1)
        append(driver, campaign: 10, version: nil, timestamp: -1)
        try driver.start()
        driver.readAll()
        driver.cut()
        #expect(driver.progress.streamTime == .distantPast)
        #expect(driver.database.tables.changes.count == 2)
        try driver.restart()
        driver.readAll()
        #expect(driver.snapshot?.phase == .running && driver.stopReason == nil)
    }

    /// A producer's clock may stand anywhere.
    @Test func timestampsBeyondAllReasonMoveTimeToItsEnd() throws {
        let driver = driver()
        append(driver, campaign: 10, version: 1, timestamp: .max)
        append(driver, campaign: 10, version: 2, timestamp: Self.start)
        try driver.start()
        driver.readAll()
        driver.cut()
        #expect(driver.progress.streamTime == EventTime(rawValue: SpendLogic.endOfTimeMilliseconds - 1))
        #expect(driver.database.tables.changes.count == 2)
    }

    @Test func batchesAndRestartsMakeNoDifference() throws {
        let whole = driver()
        let parts = driver()
        for number in 0..<60 {
            for driver in [whole, parts] {
                append(
                    driver, campaign: Int64(number % 7), version: number % 11 == 0 ? nil : Int64(number),
                    timestamp: Self.start + Int64(number % 5))
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
        #expect(parts.database.tables.changes == whole.database.tables.changes)
        #expect(parts.progress.streamTime == whole.progress.streamTime)
        #expect(whole.database.tables.changes.count == 60)
    }

    @Test func anOutputIsUsedAgain() {
        let output = Self.logic.makeOutput()
        for round in [3, 5_000, 2] {
            for number in 0..<round {
                let change = BudgetChange(offset: Offset(Int64(number)), budget: Self.sound)
                #expect(Self.logic.apply(change, watermark: .distantPast, to: output) == [])
            }
            #expect(output.rowCount == round && output.changes.count == round)
            output.removeAll()
            #expect(output.rowCount == 0)
        }
    }
}

/// What was committed, in the order of commits.
private struct BudgetTables: SimulatedTables {
    var changes: [BudgetChange] = []
    mutating func add(_ output: BudgetOutput, of partition: Partition) { changes += output.changes }
    mutating func remove(_ partition: Partition) { changes = [] }
}
