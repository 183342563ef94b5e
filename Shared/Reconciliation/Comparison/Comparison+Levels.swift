extension Comparison {
    /// From where on minutes are compared: those that were dropped are in the levels above.
    private var minutesFrom: Int64? {
        let bounds = [options.fromMilliseconds, snapshot.cut.minutesKeptFrom, recount.minutesBegin].compactMap { $0 }
        return bounds.max()
    }

    func compareMinutes() throws {
        var note: String?
        let from = minutesFrom
        if let from, from > options.fromMilliseconds ?? .min {
            note = "From \(CivilTime(milliseconds: from).iso) on: earlier minutes are not kept."
            if let to = options.toMilliseconds, from >= to {
                return skip(
                    SpendLevel.minute.name, Self.title(.minute), "The minutes of the range are not kept any more.")
            }
        }
        var points = HourPoints()
        try compare(.minute, from: from, note: note) { key, expected, actual in
            if expected != actual { points.differs(key) }
        }
        hourPoints = points
    }

    func compareHours() throws {
        var totals: [UInt32: (expected: SpendCounts, actual: SpendCounts)] = [:]
        var points = hourPoints
        // Where minutes are not kept, hours say which differ.
        let minutesFrom = self.minutesFrom ?? .min
        try compare(.hour) { key, expected, actual in
            let (log, results) = (expected ?? SpendCounts(), actual ?? SpendCounts())
            totals[key.currency, default: (SpendCounts(), SpendCounts())].expected += log
            totals[key.currency, default: (SpendCounts(), SpendCounts())].actual += results
            points.add(key, expected: log.spendNanos, actual: results.spendNanos)
            if log != results, key.start < minutesFrom { points.differs(key) }
        }
        result.hours = points.points()
        for (currency, sums) in totals.sorted(by: { $0.key < $1.key }) {
            var total = ReconciliationReport.CurrencyTotal(currency: RecountText.letters(currency, count: 3))
            total.expectedNanos = String(sums.expected.spendNanos)
            total.actualNanos = String(sums.actual.spendNanos)
            total.impressions = sums.expected.impressions
            total.clicks = sums.expected.clicks
            total.conversions = sums.expected.conversions
            total.videoViews = sums.expected.videoViews
            result.totals.append(total)
        }
    }

    /// Days that lie wholly within the range.
    func compareDays() throws {
        if let begin = recount.minutesBegin, begin > options.fromMilliseconds ?? .min {
            return skip(
                SpendLevel.day.name, Self.title(.day),
                "Days follow from recounted minutes, and those before \(CivilTime(milliseconds: begin).iso) are not kept."
            )
        }
        let (from, to, zones) = (options.fromMilliseconds, options.toMilliseconds, snapshot.zones)
        var days: [Int64: (first: Int64, last: Int64)] = [:]
        func isIncluded(_ key: SpendRowKey) throws -> Bool {
            guard from != nil || to != nil else { return true }
            if days[key.advertiser] == nil {
                // The day that the minute before the range is of is not whole, nor is the one that goes on behind it.
                let first = try from.map { try zones.day(ofAdvertiser: key.advertiser, at: $0 - 60_000) + 1 }
                let last = try to.map { try zones.day(ofAdvertiser: key.advertiser, at: $0) - 1 }
                days[key.advertiser] = (first ?? .min, last ?? .max)
            }
            let day = ZoneTable.floorDay(key.start)
            return day >= days[key.advertiser]!.first && day <= days[key.advertiser]!.last
        }
        let minutes = try recount.rows(.minute, from: from, to: to)
        let expected = SelectedRows(DayRows(minutes, zones), where: isIncluded)
        // A date is at most two days off its midnight in UTC.
        let margin = 3 * ZoneTable.dayMilliseconds
        let actual = try TableRows(snapshot, .day, from: from.map { $0 - margin }, to: to.map { $0 + margin })
        try compare(
            .day, expected: expected, actual: SelectedRows(actual, where: isIncluded), table: actual,
            note: options.isBounded ? "Days that lie wholly within the range." : nil)
    }

    func compareLifetimes() throws {
        guard !options.isBounded else {
            return skip(SpendLevel.lifetime.name, Self.title(.lifetime), "A lifetime has no range of time.")
        }
        try compare(.lifetime)
    }

    func compare(_ level: SpendLevel) throws { try compare(level) { _, _, _ in } }

    private func compare(
        _ level: SpendLevel, from: Int64? = nil, note: String? = nil,
        _ look: (SpendRowKey, SpendCounts?, SpendCounts?) -> Void
    ) throws {
        let from = from ?? (level == .lifetime ? nil : options.fromMilliseconds)
        let to = level == .lifetime ? nil : options.toMilliseconds
        let table = try TableRows(snapshot, level, from: from, to: to)
        try compare(
            level, expected: recount.rows(level, from: from, to: to), actual: table, table: table, note: note, look)
    }

    private func compare(
        _ level: SpendLevel, expected: any SpendRowStream, actual: any SpendRowStream, table: TableRows,
        note: String?, _ look: (SpendRowKey, SpendCounts?, SpendCounts?) -> Void = { _, _, _ in }
    ) throws {
        var compared: Int64 = 0
        var differing: Int64 = 0
        var largest = LargestRowDifferences(limit: options.limit)
        var nanos: [UInt32: Int128] = [:]
        try RowMerge.walk(expected: expected, actual: actual) { key, log, results in
            compared += 1
            look(key, log, results)
            guard log != results else { return }
            differing += 1
            var difference = RowDifference(key: key, expected: log, actual: results)
            if level == .minute {
                let day = try snapshot.zones.day(ofAdvertiser: key.advertiser, at: key.start)
                consequences.add(difference, day: day * ZoneTable.dayMilliseconds)
            } else {
                difference.causes = consequences.causes(of: difference) ?? []
            }
            largest.add(difference)
            nanos[key.currency, default: 0] += Int128(difference.nanos.magnitude)
            try onDifference?(difference)
        }
        for (currency, sum) in nanos {
            let name = RecountText.letters(currency, count: 3)
            result.differenceNanos[name] = max(result.differenceNanos[name] ?? 0, sum)
        }
        result.rows += largest.take()
        result.rowCounts[level] = differing
        keepIrregular(table, level)
        add(
            level.name, Self.title(level), compared: compared + table.irregularCount,
            differing: differing + table.irregularCount, note: note)
    }

    /// Rows that no event can have made.
    private func keepIrregular(_ table: TableRows, _ level: SpendLevel) {
        for text in table.irregular {
            keep(
                .init(
                    number: 0, check: level.name, class: .rowWithoutEvents, key: [.init("row", text)], columns: [],
                    nanos: "0", currency: nil, events: [], eventCount: 0,
                    explanation:
                        "This row cannot come from any event, because its currency, its moment or its amount is none: "
                        + "something else than the aggregator has written it."))
        }
    }
}
