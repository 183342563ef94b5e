public import Connectors
public import Postgres
import Schemas
public import Streams

/// Adds a checkpoint's deltas to the minutes and to every level above and below them, in the order of the primary keys and
/// in statements of a few thousand rows.
public final class SpendWriter: OutputWriter {
    public typealias Output = SpendOutput

    /// Rows in one statement: the best of 1,000 to 50,000 where PostgreSQL's own cost a row was measured.
    static let rowsPerStatement = 8_192
    private static let minutesPerDay: Int32 = 1_440

    public let schemas: [String]
    private let statements: SpendStatements
    private let levels: SpendLevels
    /// Days (since the Unix epoch) whose table partition is known to be there.
    private var knownDays: Set<Int32> = []
    private var rows = LevelRows()
    private var hasForgottenDays = false
    private let headroom: BudgetHeadroom?
    /// The campaigns of the transaction, and where the judgement of their budgets is among its answers.
    private var judged: (campaigns: [Int64], statement: Int)?

    /// - Parameters:
    ///   - levels: the levels finer than the campaign that are written.
    ///   - headroom: told what each judgement leaves.
    public init(_ names: DatabaseNames, levels: SpendLevels = .all, headroom: BudgetHeadroom? = nil) {
        self.headroom = headroom
        schemas = [names.schema("spend")]
        statements = SpendStatements(names)
        self.levels = levels
    }

    public func prepare(
        _ cuts: [PartitionCut<SpendOutput>], on connection: PostgresConnection
    ) throws(PostgresError) {
        var days: Set<Int32> = []
        for cut in cuts {
            for row in cut.output.output.minutes { days.insert(row.key.minute / Self.minutesPerDay) }
        }
        days.subtract(knownDays)
        guard !days.isEmpty else { return }
        var moments = TimestamptzArrayBuilder()
        for day in days { moments.append(unixMilliseconds: Int64(day) * 86_400_000) }
        _ = try connection.query(statements.ensureDays, [moments.parameter])
        knownDays.formUnion(days)
    }

    /// A day's table was dropped under the process: its rows would go to the table of other years, which refuses them
    /// (23514). The days are looked up again, once before each success.
    public func canRecover(from error: PostgresError) -> Bool {
        guard error.sqlState == "23514", !hasForgottenDays else { return false }
        hasForgottenDays = true
        knownDays.removeAll()
        return true
    }

    public func committed(_ answers: [PostgresRows]) {
        hasForgottenDays = false
        guard let headroom, let judged else { return }
        var left: [Int64: Int128] = [:]
        for row in answers[judged.statement] {
            // What cannot be read leaves the campaign to the ordinary checkpoint.
            if let campaign = try? row.int64(0), let nanos = try? row.optionalInt128(1) { left[campaign] = nanos }
        }
        headroom.judged(judged.campaigns, headroom: left)
    }

    public func write(
        _ cuts: [PartitionCut<SpendOutput>], to pipeline: inout PostgresPipeline
    ) throws(PostgresError) {
        try pipeline.add(statements.begin)
        rows.removeAll()
        for cut in cuts {
            for entry in cut.output.output.withSortedRows({ $0 }) {
                rows.append(
                    entry.key, entry.aggregate, partition: cut.partition.rawValue, closedUntil: cut.closedUntil)
                if rows.count == Self.rowsPerStatement { try flush(nil, to: &pipeline) }
            }
        }
        if rows.count > 0 { try flush(nil, to: &pipeline) }
        if levels.contains(.ads) { try write(.ads, cuts, to: &pipeline) }
        if levels.contains(.placements) { try write(.placements, cuts, to: &pipeline) }
        if levels.contains(.countries) { try write(.countries, cuts, to: &pipeline) }
        try judgeBudgets(cuts, &pipeline)
    }

    /// Last, when everything that a budget is compared with is written.
    private func judgeBudgets(
        _ cuts: [PartitionCut<SpendOutput>], _ pipeline: inout PostgresPipeline
    ) throws(PostgresError) {
        var campaigns: Set<Int64> = []
        for cut in cuts {
            for row in cut.output.output.minutes { campaigns.insert(row.key.campaignID) }
        }
        let sorted = campaigns.sorted()
        var parameter = Int8ArrayBuilder()
        for campaign in sorted { parameter.append(campaign) }
        judged = (sorted, try pipeline.add(statements.judge, [parameter.parameter]))
    }

    private func write(
        _ level: SpendLevels, _ cuts: [PartitionCut<SpendOutput>], to pipeline: inout PostgresPipeline
    ) throws(PostgresError) {
        for cut in cuts {
            for entry in cut.output.output.sortedRows(level) {
                rows.append(
                    level, entry.key, entry.aggregate, partition: cut.partition.rawValue, closedUntil: cut.closedUntil)
                if rows.count == Self.rowsPerStatement { try flush(level, to: &pipeline) }
            }
        }
        if rows.count > 0 { try flush(level, to: &pipeline) }
    }

    private func flush(_ level: SpendLevels?, to pipeline: inout PostgresPipeline) throws(PostgresError) {
        let statement =
            switch level {
            case .ads: statements.addAdHours
            case .placements: statements.addPlacementHours
            case .countries: statements.addCountryHours
            default: statements.addMinutes
            }
        try pipeline.add(statement, rows.parameters(level))
        rows.removeAll()
    }
}
