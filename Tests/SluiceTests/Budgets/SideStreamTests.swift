import Foundation
import Kafka
import LocalServers
import Postgres
import Schemas
import Streams
import Testing

@testable import Sluice

/// What `generate` sends beside the events, and what the truth says of it.
@Suite struct SideStreamTests {
    private static let shape = StreamShape(seed: 5, events: 40_000, partitions: 4, campaigns: 200, faulty: 0.01)
    private static let sides = SideStreamShape(budgetsTopic: "b", adjustmentsTopic: "a", adjustmentShare: 0.02)

    private func run(_ sides: SideStreamShape, _ shape: StreamShape = shape) throws -> GenerationRun {
        var run = GenerationRun(shape: shape, sides: sides, sink: nil, keepsTruth: true)
        try run.send(rate: nil, showsProgress: false)
        return run
    }

    @Test func eventsAreTheSameWithAndWithout() throws {
        let (without, with) = (try run(SideStreamShape()), try run(Self.sides))
        #expect(without.truth.rows == with.truth.rows && without.truth.partitions == with.truth.partitions)
        #expect(without.truth.adjustments == AdjustmentTruth() && without.budgetCount == 0)
        #expect(with.budgetCount == 12)
        #expect(try run(Self.sides).truth.adjustments == with.truth.adjustments)
    }

    /// Charges of the truth, which knows nothing of the plan, stay near what the plan expects: each budget ends between
    /// the thresholds that it was made for.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func budgetsEndWhereTheyAreMeantTo(_ seed: UInt64) throws {
        let shape = StreamShape(seed: seed, events: 200_000)
        let catalog = EventStream(shape: shape).catalog
        let budgets = BudgetPlan(shape, catalog: catalog, campaigns: 12).budgets
        #expect(budgets.map(\.campaignID) == Array(10_000..<10_012))
        #expect(budgets == BudgetPlan(shape, catalog: catalog, campaigns: 20).budgets.prefix(12).map { $0 })
        var spent: [Int64: Int128] = [:]
        for (key, row) in try run(SideStreamShape(), shape).truth.rows {
            spent[key.campaign, default: 0] += row.spendNanos
        }
        let levels = budgets.map { (budget: CampaignBudget) -> Int in
            let amount = Int128(budget.dailyBudgetNanos > 0 ? budget.dailyBudgetNanos : budget.lifetimeBudgetNanos)
            let percent = Int(spent[budget.campaignID, default: 0] * 100 / amount)
            return [50, 80, 95, 100].last { $0 <= percent } ?? 0
        }
        // The ones between 95 and 100 may end on either side.
        let expected: [[Int]] = [
            [100], [80], [50], [80, 95, 100], [100], [0], [100], [80, 95], [50], [100], [80, 95, 100], [100],
        ]
        for (level, allowed) in zip(levels, expected) { #expect(allowed.contains(level), "\(levels)") }
        #expect(Set(budgets.map { $0.timeZone.description }).count == 8)
        #expect(budgets.contains { $0.dailyBudgetNanos == 0 } && budgets.contains { $0.lifetimeBudgetNanos == 0 })
    }

    @Test func creditsNameChargedEventsAndSomeComeTwice() throws {
        var events = EventStream(shape: Self.shape)
        var credits = CreditStream(share: 0.02, seed: Self.shape.seed)
        var charged: [String: AdEventModel] = [:]
        var sent: [String: [Credit]] = [:]
        func take(_ time: Int64?) {
            while let (credit, timestamp) = credits.next(dueAtMilliseconds: time) {
                if let time { #expect(timestamp <= time) }
                #expect(timestamp >= credit.eventTimeMilliseconds - 172_800_000)
                sent["\(credit.idHigh) \(credit.idLow)", default: []].append(credit)
            }
        }
        while let record = events.next() {
            if TruthKeeper.fault(of: record) == nil {
                let id = record.event.idBytes.map { String(format: "%02x", $0) }.joined()
                charged["event \(id)"] = record.event
            }
            credits.observe(record)
            take(record.timestampMilliseconds)
        }
        take(nil)
        #expect(sent.count > 300 && sent.values.contains { $0.count == 2 })
        for copies in sent.values {
            #expect(copies.count <= 2 && copies.first == copies.last)
            let (credit, event) = (copies[0], try #require(charged[copies[0].reference]))
            #expect(credit.campaign == event.campaign && credit.eventTimeMilliseconds <= event.eventTimeMilliseconds)
            #expect(credit.amountNanos < 0 && credit.currency == event.currency)
            var adjustment = SpendAdjustment()
            #expect(credit.payload.withUnsafeBytes { SpendAdjustmentReader.read($0, into: &adjustment) })
            #expect(adjustment.reason.fits && adjustment.reference.fits && adjustment.amountNanos == credit.amountNanos)
        }
    }

    @Test func theTruthFileKeepsAdjustments() throws {
        let truth = try run(Self.sides).truth
        let folder = try TemporaryFolder()
        try truth.write(to: folder.path + "/truth", topic: "ad-events")
        let reader = try TruthReader(path: folder.path + "/truth")
        #expect(reader.adjustments.topic == "a")
        #expect(reader.adjustments.sums == truth.adjustments.sums && reader.adjustments.count > 300)
        #expect(reader.adjustments.records == truth.adjustments.records)
        while try reader.nextRow() != nil {}
        // The refund is among them.
        let plan = BudgetPlan(Self.shape, catalog: EventStream(shape: Self.shape).catalog, campaigns: 12)
        let refund = try #require(plan.refund)
        #expect(refund.campaign.id == 10_008)
        #expect(
            reader.adjustments.sums.contains { $0.key.campaign == 10_008 && $0.value.nanos <= -Int128(refund.nanos) })
        let text = try String(contentsOfFile: folder.path + "/truth", encoding: .utf8)
        for (old, new) in [("adjustments\ta\n", ""), ("adjustment_partition\t0\t", "adjustment_partition\tx\t")] {
            try text.replacingOccurrences(of: old, with: new).write(
                toFile: folder.path + "/damaged", atomically: true, encoding: .utf8)
            #expect(throws: CommandFailure.self) { try TruthReader(path: folder.path + "/damaged") }
        }
    }

    @Test func adjustmentsAreVerifiedToTheUnit() async throws {
        let truth = try run(Self.sides, StreamShape(seed: 6, events: 2_000, partitions: 2, campaigns: 20)).truth
        let folder = try TemporaryFolder()
        try truth.write(to: folder.path + "/truth", topic: "ad-events")
        func verification(altering sql: String) async throws -> Verification {
            let tables = try await ResultTables()
            try tables.store(truth, topic: "ad-events")
            try Self.store(truth.adjustments, tables)
            try tables.connection.execute(
                sql.replacing("LEDGER", with: tables.schemas.spend("adjustment_ledger")).replacing(
                    "HOUR", with: tables.schemas.spend("hour")))
            var verification = Verification(schemas: tables.schemas, job: ResultTables.job)
            try verification.run(
                TruthReader(path: folder.path + "/truth"), on: PostgresConnection(tables.configuration))
            return verification
        }
        let equal = try await verification(altering: "")
        #expect(equal.isClean && equal.verdict.hasSuffix("difference 0"))
        #expect(equal.details.contains("adjustments: \(truth.adjustments.count) applied, each once, difference 0\n"))
        for (sql, text) in [
            (
                "UPDATE LEDGER SET amount_nanos = amount_nanos + 1 WHERE campaign_id = 10008",
                "adjustment_ledger, campaign 10008"
            ),
            ("UPDATE LEDGER SET repeats = repeats + 1 WHERE campaign_id = 10008", "repeats"),
            ("DELETE FROM HOUR WHERE campaign_id = 10008", "spend.hour, campaign 10008"),
            (
                "INSERT INTO HOUR VALUES (77, '2026-01-15', 'USD', 1, -5)",
                "campaign 77, 2026-01-15, USD: adjustments 0 expected, 1 found"
            ),
        ] {
            let found = try await verification(altering: sql)
            #expect(!found.isClean && found.details.contains(text), "\(found.details)")
            #expect(found.verdict.contains("sums of adjustments"))
        }
    }

    /// One row for each sum: what the views add up to.
    private static func store(_ truth: AdjustmentTruth, _ tables: ResultTables) throws {
        try tables.connection.execute(
            """
            CREATE TABLE \(tables.schemas.spend("adjustment_ledger")) (campaign_id int8, event_time timestamptz, currency text,
                amount_nanos numeric(38, 0), repeats int8);
            CREATE TABLE \(tables.schemas.spend("hour")) (campaign_id int8, hour timestamptz, currency text, adjustments int8,
                adjustment_nanos numeric(38, 0));
            """)
        for (key, sums) in truth.sums {
            let day = "to_timestamp(\(key.dayMilliseconds / 1000))"
            try tables.connection.execute(
                """
                INSERT INTO \(tables.schemas.spend("hour")) VALUES (\(key.campaign), \(day) + interval '3 hours', '\(key.currency)',
                    \(sums.count), \(sums.nanos));
                INSERT INTO \(tables.schemas.spend("adjustment_ledger")) SELECT \(key.campaign), \(day) + interval '5 hours',
                    '\(key.currency)', CASE WHEN n = 1 THEN \(sums.nanos) ELSE 0 END,
                    CASE WHEN n = 1 THEN \(sums.repeats) ELSE 0 END FROM generate_series(1, \(sums.count)) AS s(n);
                """)
        }
    }

    @Test func whatIsSentIsWhatTheTruthCounts() async throws {
        let kafka = KafkaClientConfiguration(bootstrapServers: [try await TestServers.brokers()])
        let names = ["events", "budgets", "adjustments"].map { TestServers.uniqueName($0) }
        let sides = SideStreamShape(budgetsTopic: names[1], adjustmentsTopic: names[2], adjustmentShare: 0.05)
        let sink = try KafkaRecordSink(
            configuration: kafka, topic: names[0], partitions: 4, requiresEmpty: true, compression: .none)
        try sink.prepare(topic: names[1], partitions: 4, requiresEmpty: false, isCompacted: true)
        try sink.prepare(topic: names[2], partitions: 4, requiresEmpty: true)
        var run = GenerationRun(
            shape: StreamShape(seed: 8, events: 5_000, partitions: 4), sides: sides, sink: sink, keepsTruth: true)
        try run.send(rate: nil, showsProgress: false)
        try sink.checkEnds(run.truth.partitions.mapValues(\.nextOffset))
        try sink.checkEnds(run.truth.adjustments.records, of: names[2])
        let reader = try KafkaRecordReader(configuration: kafka)
        var again: Int64 = 0
        var budgets: [Int64: Int32] = [:]
        for partition in (0..<4).map({ Partition($0) }) {
            let ends = try reader.watermarkOffsets(topic: names[1], partition: partition, timeoutMilliseconds: 10_000)
            try reader.forEach(topic: names[1], partition: partition, from: Offset(0), to: ends.high) { record in
                var budget = CampaignBudget()
                #expect(record.value.map { CampaignBudgetReader.read($0, into: &budget) } == true)
                #expect(record.key.map { String(decoding: $0, as: UTF8.self) } == String(budget.campaignID))
                budgets[budget.campaignID] = partition.rawValue
            }
            let sent = run.truth.adjustments.records[partition.rawValue] ?? 0
            again += Int64(
                try reader.forEach(topic: names[2], partition: partition, from: Offset(0), to: Offset(sent)) { _ in })
        }
        #expect(again == run.truth.adjustments.count + run.truth.adjustments.repeats)
        #expect(budgets.count == 12)
        for (campaign, partition) in budgets {
            #expect(partition == CampaignCatalog.partition(ofCampaign: campaign, of: 4))
        }
        #expect(throws: CommandFailure.self) {
            try sink.prepare(topic: names[2], partitions: 4, requiresEmpty: true)
        }
    }
}
