import Connectors
import Foundation
import LocalServers
import Postgres
import Schemas
import SpendAggregatorJob
import Streams
import TestKit

@testable import Reconciliation

/// An installation of its own with a job that applies two logs, and everything that reconciles it.
final class ReconciliationBench {
    /// 2026-01-15T08:00:00Z.
    static let hour: Int64 = 1_768_464_000_000

    struct Outcome {
        var result: ComparisonOutcome
        var differences: [ReconciliationReport.Difference]
        var report: ReconciliationReport
        var plan: RepairPlan?

        func check(_ name: String) -> ReconciliationReport.Check? { result.checks.first { $0.name == name } }
        var mismatches: [String] { result.checks.filter { $0.status == .mismatch }.map(\.name) }
        var skipped: [String] { result.checks.filter { $0.status == .notChecked }.map(\.name) }
        func difference(_ check: String) -> ReconciliationReport.Difference? { differences.first { $0.check == check } }
    }

    let configuration: PostgresConfiguration
    let names: DatabaseNames
    let connection: PostgresConnection
    let events: AppliedLog<SpendLogic, SpendWriter>
    let adjustments: AppliedLog<AdjustmentLogic, AdjustmentWriter>
    private var ids: UInt64 = 0

    init() async throws {
        configuration = PostgresConfiguration(
            connectionString: try await TestServers.postgres(), applicationName: "reconciliation-tests")
        names = try DatabaseNames(prefix: TestServers.uniqueName("rec") + "_")
        connection = try PostgresConnection(configuration)
        try ProgressMigrations.migrator(names).apply(on: connection)
        try SpendMigrations.migrator(names).apply(on: connection)
        events = AppliedLog(
            topic: "ad-events", logic: SpendLogic(), writer: SpendWriter(names), settings: StreamSettings(),
            configuration, names)
        adjustments = AppliedLog(
            topic: "spend-adjustments", logic: AdjustmentLogic(), writer: AdjustmentWriter(names),
            settings: StreamSettings(deduplicates: false), configuration, names)
    }

    deinit {
        // The server goes with the process.
        try? connection.execute(
            "ROLLBACK; DROP SCHEMA \"\(names.schema("spend"))\" CASCADE; DROP SCHEMA \"\(names.schema("sluice"))\" CASCADE"
        )
    }

    // MARK: What the world does

    /// A click that costs so many micros; returns its offset.
    @discardableResult
    func click(
        _ micros: Int64 = 250_000, at time: Int64 = hour + 5_000, campaign: Int64 = 70, advertiser: Int64 = 7,
        ad: Int64 = 5,
        id: UInt64? = nil, currency: String = "EUR", country: UInt16 = 0x4445, invalid: Int32 = 0, type: Int32 = 2,
        timestamp: Int64 = -1, partition: Int32 = 0
    ) -> Int64 {
        ids += 1
        let event = AdEvent(
            idHigh: 1, idLow: id ?? ids + 1_000_000, idLength: 16, eventTimeMilliseconds: time,
            advertiserID: advertiser,
            campaignID: campaign, adGroupID: 3, adID: ad, type: type, pricing: 2, priceMicros: micros,
            currency: CurrencyCode(currency)!, placement: 9, country: country, invalidReason: invalid)
        return events.append(AdEventWriter.encode(event), timestamp: timestamp, to: partition)
    }

    @discardableResult
    func adjust(
        _ nanos: Int64, id: UInt64, at time: Int64 = hour + 5_000, campaign: Int64 = 70, ad: Int64 = 0,
        partition: Int32 = 0
    ) -> Int64 {
        let adjustment = SpendAdjustment(
            idHigh: 2, idLow: id, idLength: 16, eventTimeMilliseconds: time, advertiserID: 7, campaignID: campaign,
            adID: ad, amountNanos: nanos, currency: CurrencyCode("EUR")!, reason: InlineText("invalid_traffic"),
            reference: InlineText("case"))
        return adjustments.append(SpendAdjustmentWriter.encode(adjustment), to: partition)
    }

    func apply() throws {
        try events.apply()
        try adjustments.apply()
    }

    /// Minutes of two campaigns over five hours and two days, in two partitions, with duplicates, invalid traffic, dead
    /// letters, late events and adjustments.
    func playAnOrdinaryDay() throws {
        let minute: Int64 = 60_000
        for step in 0..<40 {
            let time = Self.hour + Int64(step) * 7 * minute
            click(Int64(100_000 + step * 1_000), at: time, campaign: 70 + Int64(step % 2), ad: Int64(step % 3))
            click(Int64(50_000 + step * 10), at: time, campaign: 90, advertiser: 8, partition: 1)
            if step % 10 == 0 { click(1_000, at: time - 20 * minute, campaign: 70) }
            if step % 7 == 0 { click(77_000, at: time, invalid: 2) }
            if step % 9 == 0 {
                click(3_000, at: time, id: UInt64(step), country: 0)
                click(3_000, at: time, id: UInt64(step), country: 0)
            }
            if step == 20 { events.append([0xFF, 0xFF], to: 1) }
            if step == 21 { events.append(nil) }
            if step % 8 == 0 { try events.apply() }
        }
        click(9_000, at: Self.hour + 86_400_000, currency: "USD")
        adjust(-12_345, id: 1)
        adjust(777, id: 2, at: Self.hour + 7_200_000, ad: 2)
        adjust(-12_345, id: 1)
        adjust(55, id: 3, campaign: 90, partition: 1)
        try apply()
    }

    func run(_ sql: String) throws { try connection.execute(names.qualify(sql, schemas: ["spend", "sluice"])) }

    /// Changes results as somebody would who bypasses everything: without the triggers that follow minutes.
    func tamper(_ sql: String) throws {
        try run("BEGIN; SET LOCAL sluice.levels = 'derived'; \(sql); COMMIT")
    }

    func number(_ sql: String) throws -> Int64 {
        try connection.query(names.qualify(sql, schemas: ["spend", "sluice"]))[0].int64(0)
    }

    func lines(_ sql: String) throws -> [String] {
        let rows = try connection.query(names.qualify(sql, schemas: ["spend", "sluice"]))
        var lines: [String] = []
        for row in rows {
            var parts: [String] = []
            for column in rows.columnNames.indices { parts.append(try row.optionalString(column) ?? "-") }
            lines.append(parts.joined(separator: " "))
        }
        return lines
    }

    // MARK: Reconciling

    func recount(_ cut: ResultCut, settings: RecountSettings = RecountSettings()) throws -> Recount {
        let recount = try Recount(temporaryIn: NSTemporaryDirectory(), settings: settings)
        for row in cut.partitions {
            guard let next = row.nextOffset else { continue }
            try recount.advance(Partition(row.partition), in: events.log, to: Offset(next), startingAt: nil)
        }
        return recount
    }

    func ledger(_ cut: ResultCut) throws -> AdjustmentRecount {
        var ledger = AdjustmentRecount()
        for row in cut.adjustmentPartitions {
            guard let next = row.nextOffset else { continue }
            try ledger.advance(Partition(row.partition), in: adjustments.log, to: Offset(next), startingAt: nil)
        }
        return ledger
    }

    /// One reconciliation, with a session of its own.
    func reconcile(
        from: Int64? = nil, to: Int64? = nil, limit: Int = 100, withoutLedger: Bool = false, makesPlan: Bool = false
    ) throws -> Outcome {
        let session = try PostgresConnection(configuration)
        defer { session.close() }
        let snapshot = try ResultSnapshot(session, names: names, job: "job")
        defer { snapshot.close() }
        let recount = try recount(snapshot.cut)
        defer { recount.close() }
        let ledger = try ledger(snapshot.cut)
        var options = ComparisonOptions()
        options.fromMilliseconds = from
        options.toMilliseconds = to
        options.limit = limit
        for partition in events.log.partitions() { options.logBounds[partition] = events.log.bounds(of: partition) }
        let comparison = try Comparison(
            snapshot: snapshot, recount: recount, ledger: withoutLedger ? nil : ledger, options: options)
        let maker = RepairPlan.Maker()
        if makesPlan { comparison.onDifference = maker.add }
        let result = try comparison.run()
        let trace = LogTrace(events.log, settings: options.settings)
        let differences = try Classifier(comparison, trace: trace).classify()
        let findings = Findings.repeats(
            topic: snapshot.cut.topic, settings: options.settings, beyond: recount.repeatsBeyondHorizon,
            across: try recount.repeatsAcrossPartitions())
        let report = ReconciliationReport(
            of: result, cut: snapshot.cut, recounted: recount.partitions, adjustments: ledger.partitions,
            options: options,
            source: events.log.description, differences: differences, findings: findings)
        return Outcome(
            result: result, differences: differences, report: report,
            plan: makesPlan ? try maker.plan(of: comparison) : nil)
    }
}
