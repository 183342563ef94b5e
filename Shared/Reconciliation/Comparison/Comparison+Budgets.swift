import Postgres

/// Budgets: what was signalled against what the log's spend makes of it.
extension Comparison {
    private static let budgetsTitle = "Budgets: thresholds reached and days spent against the log"

    private struct Budget {
        var currency: UInt32
        var daily: Int128
        var lifetime: Int128
        var zone: String
        /// The day that runs, days since 1970-01-01; nil: there is no state.
        var day: Int64?
        var dailyLevel: Int64
        var lifetimeLevel: Int64
    }

    private struct DayKey: Hashable, Comparable {
        var campaign: Int64
        var day: Int64
        var source: String
        var partition: Int32
        static func < (a: Self, b: Self) -> Bool {
            (a.campaign, a.day, a.source, a.partition) < (b.campaign, b.day, b.source, b.partition)
        }
    }

    func compareBudgets() throws {
        func skip(_ note: String) { self.skip("budgets", Self.budgetsTitle, note) }
        guard !options.isBounded else { return skip("Budgets have no range of time.") }
        guard isWhole else { return skip("The recount began elsewhere than the job: \(beginning).") }
        let budgets = try readBudgets()
        guard !budgets.isEmpty else { return add("budgets", Self.budgetsTitle, compared: 0, differing: 0) }
        guard truth != nil || snapshot.cut.adjustmentsTopic == nil else {
            return skip("What is spent includes adjustments, and their log was not recounted.")
        }
        let earliest = (budgets.values.compactMap(\.day).min() ?? 0) * ZoneTable.dayMilliseconds
        // A date begins up to 14 hours before its midnight in UTC.
        let from = earliest - ZoneTable.dayMilliseconds
        if let begin = recount.minutesBegin, begin > from {
            return skip("Minutes of the days that run are not in the recount.")
        }
        let lifetimes = try lifetimeSpend(budgets)
        let days = try daySpend(budgets, from: from)
        var spentToday: [Int64: Int128] = [:]
        for (key, nanos) in days where budgets[key.campaign]?.day == key.day {
            spentToday[key.campaign, default: 0] += nanos
        }
        var compared: Int64 = 0
        var differing = try compareBudgetDays(budgets, days, compared: &compared)
        for (campaign, budget) in budgets.sorted(by: { $0.key < $1.key }) {
            compared += 1
            let today = spentToday[campaign] ?? 0
            let expected = (
                Self.level(today, of: budget.daily), Self.level(lifetimes[campaign] ?? 0, of: budget.lifetime)
            )
            var columns: [ReconciliationReport.Column] = []
            if budget.day == nil || expected.0 != budget.dailyLevel {
                columns.append(
                    .init(
                        "daily_level", expected: String(expected.0),
                        actual: budget.day.map { _ in String(budget.dailyLevel) }))
            }
            if budget.day == nil || expected.1 != budget.lifetimeLevel {
                columns.append(
                    .init(
                        "lifetime_level", expected: String(expected.1),
                        actual: budget.day.map { _ in String(budget.lifetimeLevel) }))
            }
            guard !columns.isEmpty else { continue }
            differing += 1
            columns.append(.init("day_spent_nanos", expected: String(today), actual: nil))
            columns.append(.init("lifetime_spent_nanos", expected: String(lifetimes[campaign] ?? 0), actual: nil))
            keepBudget(
                [.init("campaign_id", String(campaign))], columns, nanos: 0, currency: budget.currency,
                "The threshold that was signalled last is not the one that the log's spend has reached.")
        }
        add("budgets", Self.budgetsTitle, compared: compared, differing: differing)
    }

    /// 50, 80, 95 or 100 per cent, the highest that is reached; 0: none.
    private static func level(_ spent: Int128, of budget: Int128) -> Int64 {
        guard budget > 0 else { return 0 }
        return [100, 95, 80, 50].first { spent * 100 >= budget * Int128($0) } ?? 0
    }

    private func readBudgets() throws -> [Int64: Budget] {
        let rows = try snapshot.cursor(
            """
            SELECT c.campaign_id, c.currency, c.daily_nanos, c.lifetime_nanos, c.zone, (s.day - date '1970-01-01')::int8,
                coalesce(s.daily_level, 0), coalesce(s.lifetime_level, 0)
            FROM \(snapshot.spend("campaign_budget")) AS c LEFT JOIN \(snapshot.spend("budget_state")) AS s USING (campaign_id)
            """)
        var budgets: [Int64: Budget] = [:]
        while let row = try rows.next() {
            budgets[try row.int64(0)] = Budget(
                currency: try row.string(1).utf8.reduce(0) { $0 << 8 | UInt32($1) }, daily: try row.int128(2),
                lifetime: try row.int128(3), zone: try row.string(4), day: try row.optionalInt64(5),
                dailyLevel: try row.int64(6), lifetimeLevel: try row.int64(7))
        }
        return budgets
    }

    private func lifetimeSpend(_ budgets: [Int64: Budget]) throws -> [Int64: Int128] {
        var spent: [Int64: Int128] = [:]
        let rows = try recount.rows(.lifetime, from: nil, to: nil)
        while let row = try rows.next() {
            guard budgets[row.key.campaign]?.currency == row.key.currency else { continue }
            spent[row.key.campaign, default: 0] += row.counts.spendNanos
        }
        for given in truth?.counted ?? [] {
            guard let budget = budgets[given.campaign], Self.letters(given) == budget.currency else { continue }
            spent[given.campaign, default: 0] += Int128(given.amountNanos)
        }
        return spent
    }

    /// What was spent on the days that are not over, by where it came from.
    private func daySpend(_ budgets: [Int64: Budget], from: Int64) throws -> [DayKey: Int128] {
        var spent: [DayKey: Int128] = [:]
        func add(
            _ campaign: Int64, _ currency: UInt32, at minute: Int64, _ source: String, _ partition: Int32,
            _ nanos: Int128
        )
            throws
        {
            guard let budget = budgets[campaign], budget.currency == currency, let first = budget.day else { return }
            let day = try snapshot.zones.date(in: budget.zone, at: minute)
            guard day >= first else { return }
            spent[DayKey(campaign: campaign, day: day, source: source, partition: partition), default: 0] += nanos
        }
        let minutes = try recount.rows(.minute, from: from, to: nil)
        while let row = try minutes.next() {
            try add(
                row.key.campaign, row.key.currency, at: row.key.start, "e", row.key.partition, row.counts.spendNanos)
        }
        for given in truth?.counted ?? [] {
            try add(
                given.campaign, Self.letters(given), at: given.eventTime - given.eventTime % 60_000, "a",
                given.partition,
                Int128(given.amountNanos))
        }
        return spent
    }

    private static func letters(_ given: RecountedAdjustment) -> UInt32 {
        given.currency.utf8.reduce(0) { $0 << 8 | UInt32($1) }
    }

    private func compareBudgetDays(
        _ budgets: [Int64: Budget], _ days: [DayKey: Int128], compared: inout Int64
    ) throws -> Int64 {
        let rows = try snapshot.cursor(
            """
            SELECT d.campaign_id, (d.day - date '1970-01-01')::int8, d.source::text, d.source_partition,
                d.spend_nanos, d.adjustment_nanos
            FROM \(snapshot.spend("budget_day_by_partition")) AS d JOIN \(snapshot.spend("budget_state")) AS s USING (campaign_id)
            WHERE d.day >= s.day
            """)
        var left = days
        var differing: Int64 = 0
        func keep(_ key: DayKey, _ log: Int128, _ found: Int128?) {
            differing += 1
            keepBudget(
                [
                    .init("campaign_id", String(key.campaign)), .init("day", CivilTime.isoDate(day: key.day)),
                    .init("source", key.source), .init("source_partition", String(key.partition)),
                ],
                [
                    .init(
                        key.source == "e" ? "spend_nanos" : "adjustment_nanos", expected: String(log),
                        actual: found.map { String($0) })
                ], nanos: (found ?? 0) - log, currency: budgets[key.campaign]?.currency,
                "What the campaign has spent of its daily budget is not what the log says.")
        }
        while let row = try rows.next() {
            compared += 1
            let key = DayKey(
                campaign: try row.int64(0), day: try row.int64(1), source: try row.string(2),
                partition: Int32(truncatingIfNeeded: try row.int64(3)))
            let (spend, adjustments) = (try row.int128(4), try row.int128(5))
            let found = spend + adjustments
            let log = left.removeValue(forKey: key) ?? 0
            if log != found || (key.source == "e" ? adjustments : spend) != 0 { keep(key, log, found) }
        }
        // A day without a row has spent nothing.
        for (key, log) in left.sorted(by: { $0.key < $1.key }) where log != 0 { keep(key, log, nil) }
        return differing
    }

    private func keepBudget(
        _ key: [ReconciliationReport.KeyPart], _ columns: [ReconciliationReport.Column], nanos: Int128,
        currency: UInt32?,
        _ explanation: String
    ) {
        keep(
            .init(
                number: 0, check: "budgets", class: .budgetSignal, key: key, columns: columns, nanos: String(nanos),
                currency: currency.map { RecountText.letters($0, count: 3) }, events: [], eventCount: 0,
                explanation: explanation))
    }
}
