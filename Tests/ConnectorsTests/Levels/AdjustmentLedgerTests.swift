import Connectors
import Postgres
import Schemas
import Streams
import Testing

/// Adjustments: once for ever by their id, and where they count.
@Suite struct AdjustmentLedgerTests {
    private static let noon = utc(2026, 11, 20, 12)
    private let credit = GivenAdjustment(id: 1, time: Self.noon, adGroup: 5, ad: 6, nanos: -300)

    private let ledger =
        "SELECT adjustment_id, amount_nanos, repeats, conflicts FROM \"spend\".adjustment_ledger ORDER BY 1"

    private func sum(_ fixture: StoreFixture) throws -> [String] {
        try fixture.lines("SELECT adjustments, adjustment_nanos, revision FROM \"spend\".lifetime")
    }

    @Test func anIdCountsOnceForEver() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        // In one statement, in another one, from another partition.
        #expect(try fixture.adjust([credit, credit, credit]) == 2)
        #expect(try sum(fixture) == ["1 -300 1"])
        #expect(try fixture.adjust([credit]) == 1)
        var elsewhere = credit
        elsewhere.partition = 9
        #expect(try fixture.adjust([elsewhere, elsewhere]) == 2)
        #expect(try sum(fixture) == ["1 -300 1"])
        #expect(try fixture.lines(ledger) == ["\(credit.idHex) -300 5 0"])
        #expect(try fixture.number("SELECT source_partition FROM \"spend\".adjustment") == 0)
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        // An id that differs in its last bit only, and one of zeros and of ones.
        let others = [0, 2].map { GivenAdjustment(id: $0, time: Self.noon, nanos: -1) }
        #expect(try fixture.adjust(others) == 0)
        #expect(try fixture.number("SELECT adjustments FROM \"spend\".lifetime") == 3)
    }

    /// Every field that can differ makes a conflict; the first one counts, in whatever statements they come.
    @Test func whatAnIdSaysFirstCounts() async throws {
        let changes: [(inout GivenAdjustment) -> Void] = [
            { $0.time += 1 }, { $0.advertiser = 8 }, { $0.campaign = 71 }, { $0.adGroup = 0 }, { $0.ad = 0 },
            { $0.nanos = -301 }, { $0.currency = "USD" }, { $0.reason = "refund" }, { $0.reference = "" },
        ]
        for isTogether in [true, false] {
            let fixture = try await StoreFixture()
            defer { try? fixture.close() }
            var all = [credit]
            for change in changes {
                var other = credit
                change(&other)
                all.append(other)
            }
            all.append(credit)
            if isTogether {
                #expect(try fixture.adjust(all) == 10)
            } else {
                for given in all { try fixture.adjust([given]) }
            }
            #expect(try fixture.lines(ledger) == ["\(credit.idHex) -300 10 9"], "together: \(isTogether)")
            #expect(try sum(fixture) == ["1 -300 1"])
            #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        }
    }

    /// The counts follow from the log alone, wherever a checkpoint ends: here behind each of the records.
    @Test func whereACheckpointEndsMakesNoDifferenceToTheCounts() async throws {
        var other = credit
        other.nanos = -301
        let log = [credit, other, credit, other, other, credit]
        for end in 0...log.count {
            let fixture = try await StoreFixture()
            defer { try? fixture.close() }
            if end > 0 { try fixture.adjust(Array(log[..<end])) }
            if end < log.count { try fixture.adjust(Array(log[end...])) }
            #expect(try fixture.lines(ledger) == ["\(credit.idHex) -300 5 3"], "a checkpoint behind \(end)")
        }
    }

    /// The same id in two partitions, whose transactions overlap.
    private func addInTwoPartitions(_ fixture: StoreFixture) throws {
        let first = try fixture.session()
        defer { first.close() }
        try fixture.run("BEGIN; SELECT \"spend\".begin_results()", on: first)
        try fixture.run(fixture.adding([credit]), on: first)
        let pending = Pending { [credit] in
            let second = try fixture.session()
            defer { second.close() }
            var elsewhere = credit
            elsewhere.partition = 1
            elsewhere.nanos = -400
            return try fixture.adjust([elsewhere, GivenAdjustment(id: 2, time: Self.noon, nanos: 7)], on: second)
        }
        #expect(try fixture.waitUntil(first))
        try first.execute("COMMIT")
        #expect(try pending.value() == 1)
        #expect(try fixture.lines(ledger).first == "\(credit.idHex) -300 1 1")
        #expect(try fixture.lines("SELECT adjustments, adjustment_nanos FROM \"spend\".lifetime") == ["2 -293"])
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
    }

    @Test func ofTwoPartitionsAtOnceTheFirstToCommitCounts() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try addInTwoPartitions(fixture)
    }

    /// Where the first one takes its work back, the second one's is the first.
    @Test func anIdThatWasRolledBackIsFree() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let first = try fixture.session()
        defer { first.close() }
        try fixture.run("BEGIN; SELECT \"spend\".begin_results()", on: first)
        try fixture.run(fixture.adding([credit]), on: first)
        let pending = Pending { [credit] in
            let second = try fixture.session()
            defer { second.close() }
            return try fixture.adjust([credit], on: second)
        }
        #expect(try fixture.waitUntil(first))
        try first.execute("ROLLBACK")
        #expect(try pending.value() == 0)
        #expect(try fixture.lines(ledger) == ["\(credit.idHex) -300 0 0"])
        #expect(try sum(fixture) == ["1 -300 1"])
    }

    /// A mutant: without the ledger's key an id counts as often as it comes.
    @Test func withoutTheKeyARepeatIsRefusedOrCounted() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try fixture.adjust([credit])
        try fixture.mutate("add_adjustments", replacing: "ON CONFLICT (adjustment_id) DO NOTHING", by: "")
        #expect(throws: PostgresError.self) { try fixture.adjust([credit]) }
    }

    @Test func chargesAndCreditsAreShownApartAtEveryLevel() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try EventsPartition(fixture).commit([
            AdEvent(
                idLength: 16, eventTimeMilliseconds: Self.noon, advertiserID: 7, campaignID: 70, adGroupID: 5, adID: 6,
                type: 2, pricing: 2, priceMicros: 1, currency: .init("EUR")!, placement: 3)
        ])
        // Of the campaign as a whole, of the ad group, of the ad; a debit; another campaign.
        try fixture.adjust([
            GivenAdjustment(id: 1, time: Self.noon, nanos: -1),
            GivenAdjustment(id: 2, time: Self.noon, adGroup: 5, nanos: -10),
            GivenAdjustment(id: 3, time: Self.noon, adGroup: 5, ad: 6, nanos: -100),
            GivenAdjustment(id: 4, time: Self.noon, adGroup: 5, ad: 6, nanos: 3_000),
            GivenAdjustment(id: 5, time: Self.noon, campaign: 71, nanos: -9_000),
        ])
        let figures = "spend_nanos, adjustments, adjustment_nanos, net_nanos"
        for level in ["hour", "day", "lifetime"] {
            #expect(
                try fixture.lines("SELECT \(figures) FROM \"spend\".\(level) ORDER BY campaign_id")
                    == ["1000 4 2889 3889", "0 1 -9000 -9000"], "\(level)")
        }
        #expect(
            try fixture.lines(
                "SELECT ad_group_id, ad_id, \(figures) FROM \"spend\".ad_hour WHERE campaign_id = 70 ORDER BY 1, 2")
                == ["0 0 0 1 -1 -1", "5 0 0 1 -10 -10", "5 6 1000 2 2900 3900"])
        #expect(
            try fixture.lines(
                "SELECT ad_group_id, \(figures) FROM \"spend\".ad_group_hour WHERE campaign_id = 70 ORDER BY 1")
                == ["0 0 1 -1 -1", "5 1000 3 2890 3890"])
        for level in ["advertiser_day", "advertiser_lifetime"] {
            #expect(
                try fixture.lines("SELECT campaigns, \(figures) FROM \"spend\".\(level)") == ["2 1000 5 -6111 -5111"])
        }
        // Charges alone, where adjustments name none; and the watermark has not moved.
        #expect(try fixture.lines("SELECT spend_nanos FROM \"spend\".placement_hour") == ["1000"])
        #expect(try fixture.lines("SELECT spend_nanos FROM \"spend\".minute") == ["1000"])
        #expect(try fixture.lines("SELECT watermark FROM \"spend\".watermark") == ["-"])
    }

    @Test func aCreditForAClosedDayCorrectsIt() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let partition = try EventsPartition(fixture)
        let yesterday = Self.noon - 86_400_000
        try partition.commit([click(9_000, at: yesterday), click(1_000, at: Self.noon)], streamTime: Self.noon)
        let days = "SELECT day, status, revision, corrections, net_nanos FROM \"spend\".day ORDER BY day"
        #expect(try fixture.lines(days) == ["2026-11-19 closed 1 0 9000", "2026-11-20 open 1 0 1000"])
        try fixture.adjust([
            GivenAdjustment(id: 1, time: yesterday, nanos: -4_000), GivenAdjustment(id: 2, time: Self.noon, nanos: -1),
        ])
        #expect(try fixture.lines(days) == ["2026-11-19 corrected 2 1 5000", "2026-11-20 open 2 0 999"])
        #expect(
            try fixture.lines("SELECT status, corrections FROM \"spend\".hour ORDER BY hour") == [
                "corrected 1", "open 0",
            ])
        #expect(
            try fixture.lines("SELECT status, corrections FROM \"spend\".ad_hour ORDER BY hour")
                == ["corrected 1", "open 0"])
        #expect(
            try fixture.lines("SELECT status, spend_nanos FROM \"spend\".minute ORDER BY minute") == [
                "closed 9000", "open 1000",
            ])
        // A repeat is no correction.
        try fixture.adjust([GivenAdjustment(id: 1, time: yesterday, nanos: -4_000)])
        #expect(try fixture.lines(days)[0] == "2026-11-19 corrected 2 1 5000")
    }

    @Test func aRewindOfAdjustmentsTakesBackOnePartitionsAlone() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        try EventsPartition(fixture, 3).commit([click(9_000, at: Self.noon)])
        let mine = (1...3).map { GivenAdjustment(id: $0, time: Self.noon, nanos: -10, partition: 3) }
        let others = (4...5).map { GivenAdjustment(id: $0, time: Self.noon, nanos: -100, partition: 4) }
        try fixture.adjust(mine)
        try fixture.adjust(others)
        let totals = "SELECT output, row_count, currency, nanos FROM \"spend\".partition_totals(3, 'adjustments')"
        #expect(try fixture.lines(totals) == ["adjustment 3 EUR -30"])
        let cursor = try fixture.lines("SELECT \"spend\".change_cursor()")[0]
        try fixture.run("SELECT \"spend\".forget_partition(3, 'adjustments')")
        #expect(try fixture.lines(totals) == [])
        #expect(
            try fixture.lines("SELECT clicks, spend_nanos, adjustments, adjustment_nanos FROM \"spend\".day")
                == ["1 9000 2 -200"], "events of the same partition stay")
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        #expect(throws: PostgresError.self) { try fixture.lines("SELECT * FROM \"spend\".day_changes('\(cursor)')") }
        // The same again, and with one of the other partition's ids among them.
        try fixture.adjust(mine + [others[0]])
        #expect(try fixture.lines("SELECT adjustments, adjustment_nanos FROM \"spend\".day") == ["5 -230"])
        #expect(try fixture.lines("SELECT * FROM \"spend\".level_differences()") == [])
        #expect(throws: PostgresError.self) { try fixture.run("SELECT \"spend\".forget_partition(3, 'else')") }
    }
}
