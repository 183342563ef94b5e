import Postgres
import Schemas
import Streams

/// Changes of budgets as parameters, in the order of `spend.set_budgets`.
struct BudgetRows {
    private var partitions = Int4ArrayBuilder()
    /// Offset, campaign, advertiser, daily, lifetime, version.
    private var numbers = Array(repeating: Int8ArrayBuilder(), count: 6)
    private var currencies = TextArrayBuilder()
    private var zones = TextArrayBuilder()
    private var starts = TimestamptzArrayBuilder()
    private var ends = TimestamptzArrayBuilder()
    private var removals = BoolArrayBuilder()

    var count: Int { partitions.count }

    /// - Parameter milliseconds: the clock's time, Unix.
    func parameters(asOf milliseconds: Int64) -> [PostgresParameter] {
        [
            partitions.parameter, numbers[0].parameter, numbers[1].parameter, numbers[2].parameter,
            currencies.parameter, numbers[3].parameter, numbers[4].parameter, zones.parameter, starts.parameter,
            ends.parameter, numbers[5].parameter, removals.parameter,
            .int8(milliseconds),
        ]
    }

    mutating func append(_ change: BudgetChange, partition: Partition) {
        let budget = change.budget
        partitions.append(partition.rawValue)
        let values = [
            change.offset.rawValue, budget.campaignID, budget.advertiserID, budget.dailyBudgetNanos,
            budget.lifetimeBudgetNanos, budget.version,
        ]
        for (index, value) in values.enumerated() { numbers[index].append(value) }
        currencies.append(budget.currency.description)
        if budget.timeZone.isEmpty { zones.append("UTC") } else { budget.timeZone.withBytes { zones.append(utf8: $0) } }
        append(budget.startsMilliseconds, to: &starts)
        append(budget.endsMilliseconds, to: &ends)
        removals.append(change.isRemoval)
    }

    /// 0 is no bound.
    private func append(_ milliseconds: Int64, to moments: inout TimestamptzArrayBuilder) {
        if milliseconds == 0 { moments.appendNull() } else { moments.append(unixMilliseconds: milliseconds) }
    }
}
