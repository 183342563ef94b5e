import Connectors
import Postgres
import Schemas
import SpendAggregatorJob
import Streams

/// Budgets of an installation of its own: sets them, spends of them, moves their clock, and reads what was signalled.
final class BudgetBench {
    /// Noon of the day on which everything happens.
    static let noon = utc(2026, 11, 20, 12)
    static let day: Int64 = 86_400_000

    let fixture: StoreFixture
    private var partitions: [Int32: EventsPartition] = [:]
    private var seen: [Int64: Int64] = [:]

    init() async throws { fixture = try await StoreFixture() }

    func close() throws { try fixture.close() }

    struct Budget {
        var campaign: Int64 = 70
        var currency = "EUR"
        var daily: Int64 = 0
        var lifetime: Int64 = 0
        var zone = "UTC"
        var starts: Int64?
        var ends: Int64?
        var version: Int64 = 1
        var partition: Int32 = 0
        var isRemoval = false
    }

    /// Takes budgets over in one statement; returns how many were ignored.
    @discardableResult
    func set(_ budgets: Budget..., asOf: Int64 = noon) throws -> Int64 {
        try fixture.number(setting(budgets, asOf: asOf))
    }

    func setting(_ budget: Budget, asOf: Int64 = noon) -> String { setting([budget], asOf: asOf) }

    /// The statement that takes budgets over.
    private func setting(_ budgets: [Budget], asOf: Int64) -> String {
        func array(_ type: String, _ value: (Budget) -> String) -> String {
            "ARRAY[\(budgets.map(value).joined(separator: ", "))]::\(type)[]"
        }
        func moment(_ milliseconds: Int64?) -> String {
            milliseconds.map { "timestamptz 'epoch' + \($0) * interval '1 millisecond'" } ?? "NULL"
        }
        return """
            SELECT "spend".set_budgets(\(array("int4") { "\($0.partition)" }), \(array("int8") { _ in "0" }),
                \(array("int8") { "\($0.campaign)" }), \(array("int8") { _ in "7" }),
                \(array("text") { "'\($0.currency)'" }), \(array("int8") { "\($0.daily)" }),
                \(array("int8") { "\($0.lifetime)" }), \(array("text") { "'\($0.zone)'" }),
                \(array("timestamptz") { moment($0.starts) }), \(array("timestamptz") { moment($0.ends) }),
                \(array("int8") { "\($0.version)" }), \(array("bool") { "\($0.isRemoval)" }), \(moment(asOf)))
            """
    }

    func partition(_ number: Int32 = 0) throws -> EventsPartition {
        if let known = partitions[number] { return known }
        let partition = try EventsPartition(fixture, number)
        partitions[number] = partition
        return partition
    }

    /// Charges a campaign in a checkpoint of its own.
    func charge(
        _ nanos: Int64, campaign: Int64 = 70, advertiser: Int64 = 7, at time: Int64 = noon, currency: String = "EUR",
        partition: Int32 = 0
    ) throws {
        try self.partition(partition).commit(
            [click(nanos, campaign: campaign, advertiser: advertiser, at: time, currency: currency)])
    }

    private var adjustments = 0
    func adjust(_ nanos: Int64, campaign: Int64 = 70, at time: Int64 = noon, currency: String = "EUR") throws {
        adjustments += 1
        try fixture.adjust([
            GivenAdjustment(id: adjustments, time: time, campaign: campaign, nanos: nanos, currency: currency)
        ])
    }

    @discardableResult
    func startDays(_ asOf: Int64, most: Int = 1_000) throws -> Int64 {
        try fixture.number(
            "SELECT \"spend\".start_days(timestamptz 'epoch' + \(asOf) * interval '1 millisecond', \(most))")
    }

    /// What was signalled since the last look, in the order of lanes and sequences, which must be dense.
    func signals(_ columns: String = "kind, budget, threshold_percent") throws -> [String] {
        let rows = try fixture.connection.query(
            fixture.qualify(
                "SELECT lane, sequence, concat_ws(' ', \(columns)) FROM \"spend\".signal ORDER BY lane, sequence"))
        var fresh: [String] = []
        var last: [Int64: Int64] = [:]
        for row in rows {
            let (lane, sequence) = (try row.int64(0), try row.int64(1))
            precondition(sequence == (last[lane] ?? 0) + 1, "the sequences of lane \(lane) are dense")
            last[lane] = sequence
            if sequence > seen[lane] ?? 0 { fresh.append(try row.string(2)) }
        }
        seen = last
        return fresh
    }

    /// A campaign's line in the view of budgets.
    func standing(_ campaign: Int64 = 70) throws -> String? {
        try fixture.lines(
            """
            SELECT day, day_spent_nanos, daily_level, lifetime_spent_nanos, lifetime_level
            FROM "spend".budget WHERE campaign_id = \(campaign)
            """
        ).first
    }

    /// How much more a campaign may be charged before a signal, as a judgement says.
    func headroom(_ campaign: Int64 = 70) throws -> String? {
        try fixture.lines(
            "SELECT headroom FROM \"spend\".judge_budgets(ARRAY[\(campaign)]::int8[])"
        ).first
    }
}
