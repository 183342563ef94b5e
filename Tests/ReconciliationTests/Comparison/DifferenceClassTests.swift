import Reconciliation
import Streams
import TestKit
import Testing

/// Each class of difference, made for real: it is found, named, and its events are listed.
@Suite(.timeLimit(.minutes(10)))
struct DifferenceClassTests {
    private static let hour = ReconciliationBench.hour
    /// Every table that has rows of events.
    private static let tables = [
        "minute_by_partition", "hour_by_partition", "day_by_partition", "lifetime_by_partition", "ad_hour_by_partition",
        "placement_hour_by_partition", "country_hour_by_partition",
    ]
    private static let levels = ["minute", "hour", "day", "lifetime", "ad_hour", "placement_hour", "country_hour"]

    /// Three clicks of campaign 70 in one minute, and what is around them.
    private func bench() async throws -> (ReconciliationBench, [Int64]) {
        let bench = try await ReconciliationBench()
        bench.click(1, at: Self.hour - 60_000, campaign: 71)
        let offsets = [bench.click(100), bench.click(200), bench.click(400)]
        bench.click(5, campaign: 90, advertiser: 8, partition: 1)
        try bench.apply()
        #expect(try bench.reconcile().result.verdict == .match)
        return (bench, offsets)
    }

    /// Changes the rows of campaign 70 at every level as if events had come or gone.
    private func shift(_ bench: ReconciliationBench, clicks: Int64, nanos: Int64, invalid: Int64 = 0) throws {
        for table in Self.tables {
            let source = table.hasPrefix("minute") ? "" : " AND source = 'e'"
            try bench.tamper(
                """
                UPDATE "spend".\(table) SET clicks = clicks + \(clicks), spend_nanos = spend_nanos + \(nanos),
                    invalid_events = invalid_events + \(invalid) WHERE campaign_id = 70\(source)
                """)
        }
    }

    @Test func aRowThatWasChangedByHand() async throws {
        let (bench, offsets) = try await bench()
        try bench.tamper(
            "UPDATE \"spend\".minute_by_partition SET spend_nanos = spend_nanos + 7 WHERE campaign_id = 70")
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == ["minute"] && outcome.result.differenceCount == 1)
        let found = try #require(outcome.differences.first)
        #expect(found.class == .unknown && found.nanos == "7" && found.number == 1)
        #expect(found.events.map(\.offset) == offsets && found.events.allSatisfy { $0.topic == "ad-events" })
        #expect(found.key.first?.value == "2026-01-15T08:00:00Z")
        #expect(found.columns == [.init("spend_nanos", expected: "700000", actual: "700007")])
        #expect(outcome.result.differenceNanos == ["EUR": 7])
        #expect(outcome.result.hours.first { $0.startMilliseconds == Self.hour }?.differingRows == 1)
    }

    @Test func anEventThatIsMissing() async throws {
        let (bench, offsets) = try await bench()
        try shift(bench, clicks: -1, nanos: -200_000)
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == Self.levels)
        for check in Self.levels {
            let found = try #require(outcome.difference(check), "\(check)")
            #expect(found.class == .missingEvent && found.events.map(\.offset) == [offsets[1]], "\(check)")
        }
        // What follows from the minute says so, and comes behind what stands for itself.
        #expect(outcome.difference("hour")?.explanation.contains("follows from") == true)
        #expect(outcome.differences.suffix(3).map(\.check).sorted() == ["day", "hour", "lifetime"])
    }

    @Test func aRowThatIsGone() async throws {
        let (bench, offsets) = try await bench()
        try bench.tamper("DELETE FROM \"spend\".minute_by_partition WHERE campaign_id = 70")
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == ["minute"])
        let found = try #require(outcome.differences.first)
        #expect(found.class == .missingEvent && found.events.map(\.offset) == offsets)
        #expect(found.columns.contains(.init("clicks", expected: "3", actual: nil)))
    }

    @Test func aRogueWriter() async throws {
        let (bench, _) = try await bench()
        try bench.tamper(
            """
            INSERT INTO "spend".hour_by_partition (hour, campaign_id, advertiser_id, currency, source, source_partition,
                clicks, spend_nanos) VALUES ('2026-01-15 09:00+00', 70, 7, 'EUR', 'e', 0, 1, 5000);
            INSERT INTO "spend".ad_hour_by_partition (hour, campaign_id, advertiser_id, currency, ad_group_id, ad_id, source,
                source_partition, clicks, spend_nanos) VALUES ('2026-01-15 08:00+00', 70, 7, 'EUR', 3, 5, 'e', 77, 1, 4000);
            INSERT INTO "spend".lifetime_by_partition (campaign_id, advertiser_id, currency, source, source_partition,
                clicks) VALUES (70, 7, 'EURO', 'e', 0, 1);
            """)
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == ["hour", "lifetime", "ad_hour"])
        #expect(outcome.differences.map(\.class) == [.rowWithoutEvents, .rowWithoutEvents, .rowWithoutEvents])
        #expect(outcome.differences.map(\.check) == ["hour", "ad_hour", "lifetime"])
        #expect(outcome.differences.allSatisfy { $0.events.isEmpty })
    }

    /// Keys and figures that no event can have: they are found, and do not end the comparison.
    @Test(arguments: [
        "('2026-01-15 08:00:00.0004+00', 70, 7, 'EUR', 0, 1, 0, 0, 0, 0, 1, 0)",
        "('2026-01-15 08:00:00+00', 70, 7, 'EURO', 0, 1, 0, 0, 0, 0, 1, 0)",
        "('2026-01-15 08:00:00+00', 70, 7, '', 0, 1, 0, 0, 0, 0, 1, 0)",
        "('infinity', 70, 7, 'EUR', 0, 1, 0, 0, 0, 0, 1, 0)",
        "('-infinity', 70, 7, 'EUR', 0, 1, 0, 0, 0, 0, 1, 0)",
        "('2026-01-15 08:00:00+00', 70, 7, 'XXX', 0, 1, 0, 0, 0, 0, 'NaN', 0)",
        "('2026-01-15 08:00:30+00', 70, 7, 'EUR', 0, 1, 0, 0, 0, 0, 1, 0)",
        "('2026-01-15 08:00:00+00', 70, 7, 'aé', 0, 1, 0, 0, 0, 0, 1, 0)",
    ])
    func aRowThatCannotBe(values: String) async throws {
        let (bench, _) = try await bench()
        try bench.tamper("INSERT INTO \"spend\".minute_by_partition VALUES \(values)")
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == ["minute"] && outcome.result.differenceCount == 1)
        #expect(outcome.differences.map(\.class) == [.rowWithoutEvents])
        #expect(
            outcome.differences.first?.key.first?.value.contains("70") == true
                || outcome.differences.first?.key.count ?? 0 > 1)
    }

    @Test func aDuplicateThatWasCounted() async throws {
        let bench = try await ReconciliationBench()
        bench.click(300)
        let first = bench.click(200, id: 9)
        bench.click(400)
        let copy = bench.click(200, id: 9)
        try bench.apply()
        #expect(try bench.reconcile().result.verdict == .match)
        try shift(bench, clicks: 1, nanos: 200_000)
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == Self.levels)
        for check in Self.levels {
            let found = try #require(outcome.difference(check))
            #expect(found.class == .countedTwice && found.events.map(\.offset) == [first, copy], "\(check)")
        }
    }

    @Test func aRowThatWasAppliedTwice() async throws {
        let (bench, offsets) = try await bench()
        try shift(bench, clicks: 3, nanos: 700_000)
        let found = try #require(try bench.reconcile().difference("minute"))
        #expect(found.class == .countedTwice && found.events.map(\.offset) == offsets)
    }

    @Test func invalidTrafficThatWasCharged() async throws {
        let bench = try await ReconciliationBench()
        bench.click(300)
        let invalid = bench.click(200, invalid: 4)
        bench.click(100, invalid: 4)
        try bench.apply()
        try shift(bench, clicks: 1, nanos: 200_000, invalid: -1)
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == Self.levels)
        let found = try #require(outcome.difference("minute"))
        #expect(found.class == .invalid && found.events.map(\.offset) == [invalid])
    }

    @Test func onlyTheNumberOfLateEvents() async throws {
        let (bench, offsets) = try await bench()
        try bench.tamper("UPDATE \"spend\".minute_by_partition SET late_events = 1 WHERE campaign_id = 70")
        let found = try #require(try bench.reconcile().differences.first)
        #expect(found.class == .unknown && found.explanation.contains("late events") && found.nanos == "0")
        #expect(found.events.map(\.offset) == offsets)
    }

    @Test(arguments: [
        "hour", "day", "lifetime", "ad_hour", "placement_hour", "country_hour",
    ])
    func aLevelThatWasChangedAlone(level: String) async throws {
        let (bench, offsets) = try await bench()
        try bench.tamper(
            "UPDATE \"spend\".\(level)_by_partition SET clicks = clicks - 1, spend_nanos = spend_nanos - 400000 WHERE campaign_id = 70"
        )
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == [level])
        let found = try #require(outcome.differences.first)
        #expect(found.class == .missingEvent && found.events.map(\.offset) == [offsets[2]])
    }

    @Test func anEventThatTheSourceHasLost() async throws {
        let (bench, offsets) = try await bench()
        bench.events.log.entries[0]?.removeAll { $0.offset.rawValue == offsets[1] }
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == Self.levels + ["counters"])
        let found = try #require(outcome.difference("minute"))
        #expect(found.class == .missingEvent && found.events.map(\.offset) == [offsets[1]])
        #expect(found.explanation.contains("source") && found.explanation.contains("offset \(offsets[1])"))
        // The same amount as another event's: the source is what is short all the same.
        let (other, places) = try await self.bench()
        let twin = other.click(100)
        try other.apply()
        other.events.log.entries[0]?.removeAll { $0.offset.rawValue == places[0] }
        let again = try #require(try other.reconcile().difference("minute"))
        #expect(again.class == .missingEvent && again.events.map(\.offset) == [places[0]] && twin != places[0])
    }

    @Test func manyDifferencesKeepTheLargest() async throws {
        let bench = try await ReconciliationBench()
        for step in 0..<30 { bench.click(10, at: Self.hour + Int64(step) * 60_000, campaign: Int64(step)) }
        try bench.apply()
        try bench.tamper("UPDATE \"spend\".minute_by_partition SET spend_nanos = spend_nanos + 1 + campaign_id")
        let outcome = try bench.reconcile(limit: 5)
        #expect(outcome.result.differenceCount == 30 && outcome.differences.count == 5)
        #expect(outcome.differences.map(\.nanos) == ["30", "29", "28", "27", "26"])
        #expect(outcome.differences.map(\.number) == [1, 2, 3, 4, 5])
        #expect(outcome.report.differenceCount == 30 && outcome.report.verdict == .mismatch)
    }

    @Test func anExplanationShowsTheEvents() async throws {
        let bench = try await ReconciliationBench()
        let first = bench.click(200, id: 9)
        let copy = bench.click(200, id: 9)
        try bench.apply()
        try shift(bench, clicks: 1, nanos: 200_000)
        let outcome = try bench.reconcile()
        let found = try #require(outcome.difference("minute"))
        let trace = LogTrace(bench.events.log, settings: RecountSettings())
        let lines = try EventExplanation.lines(of: found, scope: outcome.report.scope, trace: trace)
        #expect(lines.count == 2)
        #expect(
            lines[0].hasPrefix("ad-events 0/\(first)  CLICK CPC price 200 micros EUR") && lines[0].hasSuffix("counted"))
        #expect(lines[1].contains("0/\(copy)") && lines[1].contains("a copy of offset \(first)"))
    }
}
