import Foundation
import Kafka
import LocalServers
import Schemas
import Streams
import Synchronization
import Testing

/// The topics beside the events' in a scenario: what a test writes to them, and what has come of it.
///
/// Campaign N has its records in partition N modulo the number of partitions, and a lifetime budget of 100; a swing takes
/// its spend from 0 to 60 or back, which is one signal each time.
final class SideTopics: Sendable {
    let scenario: Scenario
    private let swings = Mutex<[Int64: Int64]>([:])

    private init(_ scenario: Scenario) { self.scenario = scenario }

    var adjustments: String { scenario.topic + "-adjustments" }
    var budgets: String { scenario.topic + "-budgets" }
    var signals: String { scenario.topic + "-signals" }

    /// What makes the service read and write them.
    var flags: [String] {
        ["--adjustments-topic", adjustments, "--budgets-topic", budgets, "--signals-topic", signals]
    }

    /// Runs a test in a scenario of its own, with all of its topics.
    static func with(partitions: Int = 4, _ body: (Scenario, SideTopics) async throws -> Void) async throws {
        try await withScenario(partitions: partitions) { scenario in
            let topics = SideTopics(scenario)
            try await scenario.createTopic()
            try await topics.create()
            do {
                try await body(scenario, topics)
            } catch {
                await topics.delete()
                throw error
            }
            await topics.delete()
        }
    }

    private func create() async throws {
        let (kafka, partitions) = (scenario.kafka, scenario.partitions)
        let names = [adjustments, signals]
        let compacted = budgets
        try await onThread {
            let admin = try KafkaAdmin(configuration: kafka)
            for name in names {
                try admin.createTopic(name, partitions: partitions, configuration: ["retention.ms": "-1"])
            }
            try admin.createTopic(compacted, partitions: partitions, configuration: ["cleanup.policy": "compact"])
        }
    }

    private func delete() async {
        let (kafka, names) = (scenario.kafka, [adjustments, budgets, signals, signals + "-positions"])
        try? await onThread {
            let admin = try KafkaAdmin(configuration: kafka)
            for name in names { try? admin.deleteTopic(name) }
        }
    }

    // MARK: Writing

    /// Gives each campaign a lifetime budget of 100 units.
    func setBudgets(of campaigns: [Int64]) async throws {
        try await produce(
            campaigns.map { campaign in
                let budget = CampaignBudget(
                    campaignID: campaign, advertiserID: 1, currency: CurrencyCode("EUR") ?? .none,
                    lifetimeBudgetNanos: 100_000_000_000, version: 1)
                return (campaign, CampaignBudgetWriter.encode(budget))
            }, to: budgets)
    }

    /// Takes each campaign over its first threshold, or back below it. Each adjustment is sent twice.
    func swing(_ campaigns: [Int64]) async throws {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        let records = campaigns.map { campaign in
            let number = swings.withLock { swings in
                swings[campaign, default: 0] += 1
                return swings[campaign] ?? 0
            }
            let adjustment = SpendAdjustment(
                idHigh: UInt64(campaign), idLow: UInt64(number), idLength: 16, eventTimeMilliseconds: now,
                advertiserID: 1, campaignID: campaign, amountNanos: number % 2 == 1 ? 60_000_000_000 : -60_000_000_000,
                currency: CurrencyCode("EUR") ?? .none, reason: InlineText("test"))
            return (campaign, SpendAdjustmentWriter.encode(adjustment))
        }
        try await produce(records + records, to: adjustments)
    }

    private func produce(_ records: [(campaign: Int64, value: [UInt8])], to topic: String) async throws {
        let (kafka, partitions) = (scenario.kafka, Int64(scenario.partitions))
        try await onThread {
            let producer = try KafkaProducer(configuration: kafka)
            for (campaign, value) in records {
                try Array(String(campaign).utf8).withUnsafeBytes { key in
                    try value.withUnsafeBytes {
                        try producer.produce(
                            topic: topic, partition: Partition(Int32(campaign % partitions)), key: key, value: $0)
                    }
                }
            }
            try producer.flush(timeoutMilliseconds: 30_000)
        }
    }

    // MARK: What has come of it

    /// How many swings there were.
    var swingCount: Int64 { swings.withLock { $0.values.reduce(0, +) } }

    private func spend(_ name: String) -> String { "\"\(scenario.prefix)spend\".\(name)" }

    /// How many budgets are known.
    func knownBudgets() throws -> Int64 {
        guard try scenario.database.text("SELECT to_regclass('\(spend("campaign_budget"))')") != nil else { return 0 }
        return try scenario.database.number("SELECT count(*) FROM \(spend("campaign_budget"))") ?? 0
    }

    /// How many signals are decided, published or not.
    func decided() throws -> Int64 {
        guard try scenario.database.text("SELECT to_regclass('\(spend("budget_signal"))')") != nil else { return 0 }
        return try scenario.database.number("SELECT count(*) FROM \(spend("budget_signal"))") ?? 0
    }

    /// Every swing was applied once and signalled once.
    func expectSwingsOnce() throws {
        let ledger = try scenario.database.rows(
            "SELECT count(*), sum(repeats), sum(conflicts) FROM \(spend("adjustment_ledger"))")
        #expect(ledger == [["\(swingCount)", "\(swingCount)", "0"]])
        #expect(try decided() == swingCount)
    }

    /// A reader of committed records finds every signal that was decided once, in order; and no level differs.
    func expectSignalsOnce(wait: String = "30s") async throws {
        let result = try await scenario.sluice([
            "signals", "--topic", signals, "--kafka-brokers", scenario.brokers, "--postgres", scenario.postgres,
            "--schema-prefix", scenario.prefix, "--verify", "--wait", wait, "--last", "0",
        ])
        #expect(result.status.isSuccess, "\(result.standardOutput) \(result.standardError)")
        let lines = result.standardOutput.split(separator: "\n")
        #expect(lines == ["signals: \(try decided()) published, each once, in order"])
        #expect(try scenario.database.number("SELECT count(*) FROM \(spend("level_differences"))()") == 0)
    }
}
