/// What differences of minutes do to the levels above: a level that differs by just that needs no other explanation.
struct Consequences {
    private struct Sum {
        var excess = SpendCounts()
        var causes: [SpendRowKey] = []
    }
    /// So many windows of levels above are remembered; what lies beyond is looked at on its own.
    private static let limit = 300_000
    private static let causesKept = 8

    private var sums: [SpendRowKey: Sum] = [:]

    /// - Parameter day: the day (its midnight in UTC) that the minute belongs to.
    mutating func add(_ difference: RowDifference, day: Int64) {
        guard sums.count < Self.limit else { return }
        var key = difference.key
        let ofDay = ZoneTable.floorDay(key.start) * ZoneTable.dayMilliseconds
        for (level, start) in [
            (SpendLevel.hour, ofDay + (key.start - ofDay) / 3_600_000 * 3_600_000), (.day, day), (.lifetime, 0),
        ] {
            key.level = level.rawValue
            key.start = start
            sums[key, default: Sum()].excess += difference.excess
            if sums[key]!.causes.count < Self.causesKept { sums[key]!.causes.append(difference.key) }
        }
    }

    /// The minutes that a difference follows from, the first few; nil where they do not make all of it.
    func causes(of difference: RowDifference) -> [SpendRowKey]? {
        guard let sum = sums[difference.key], sum.excess == difference.excess else { return nil }
        return sum.causes
    }
}
