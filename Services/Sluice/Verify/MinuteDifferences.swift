/// How the rows of the results differ from those of the truth.
struct MinuteDifferences {
    /// One row that differs.
    struct Difference {
        var key: TruthKeeper.RowKey
        /// What the truth says; nil for a row that must not be there.
        var expected: TruthKeeper.Row?
        /// What is there; nil for a row that is missing.
        var actual: TruthKeeper.Row?

        /// What is there too much, or, below 0, what is missing.
        var excessNanos: Int128 { (actual?.spendNanos ?? 0) - (expected?.spendNanos ?? 0) }

        /// The columns that differ, with both values.
        var columns: [(name: String, expected: Int128, actual: Int128)] {
            let expected = expected ?? TruthKeeper.Row()
            let actual = actual ?? TruthKeeper.Row()
            return Self.counted.map { ($0.name, $0.value(expected), $0.value(actual)) }.filter { $0.1 != $0.2 }
        }

        /// Every column of a row that is counted.
        static let counted: [(name: String, value: @Sendable (TruthKeeper.Row) -> Int128)] = [
            ("impressions", { Int128($0.impressions) }), ("clicks", { Int128($0.clicks) }),
            ("conversions", { Int128($0.conversions) }), ("video_views", { Int128($0.videoViews) }),
            ("invalid_events", { Int128($0.invalidEvents) }), ("spend_nanos", { $0.spendNanos }),
            ("late_events", { Int128($0.lateEvents) }),
        ]
    }

    /// How many of the largest are kept for the report.
    let keptLimit: Int
    /// How many rows the truth has.
    private(set) var expectedRows: Int64 = 0
    private(set) var missing: Int64 = 0
    private(set) var extra: Int64 = 0
    private(set) var differing: Int64 = 0
    /// The sum of what the rows' spend is off, whatever the direction.
    private(set) var nanos: Int128 = 0
    /// By currency: expected and actual spend of all rows.
    private(set) var spend: [String: (expected: Int128, actual: Int128)] = [:]
    /// By column: in how many rows it differs, and by how much in all (actual less expected).
    private(set) var columns: [String: (rows: Int64, excess: Int128)] = [:]
    private var kept: [Difference] = []

    init(keptLimit: Int = 10) { self.keptLimit = keptLimit }

    /// How many rows are not as they must be.
    var rows: Int64 { missing + extra + differing }

    /// The largest differences, those in spend first.
    var largest: [Difference] { Array(kept.sorted(by: Self.isLarger).prefix(keptLimit)) }

    /// Compares two runs of rows, both sorted by their keys.
    ///
    /// A key that comes twice among the results is an extra row the second time.
    mutating func compare(
        expected nextExpected: () throws -> TruthReader.MinuteRow?,
        actual nextActual: () throws -> TruthReader.MinuteRow?
    ) throws {
        var expected = try nextExpected()
        var actual = try nextActual()
        while expected != nil || actual != nil {
            if let both = expected, let there = actual, both.key == there.key {
                note(both.key, expected: both.row, actual: there.row)
                expected = try nextExpected()
                actual = try nextActual()
            } else if let row = expected, actual.map({ row.key < $0.key }) ?? true {
                note(row.key, expected: row.row, actual: nil)
                expected = try nextExpected()
            } else if let row = actual {
                note(row.key, expected: nil, actual: row.row)
                actual = try nextActual()
            }
        }
    }

    private mutating func note(_ key: TruthKeeper.RowKey, expected: TruthKeeper.Row?, actual: TruthKeeper.Row?) {
        if let expected {
            expectedRows += 1
            spend[key.currency, default: (0, 0)].expected += expected.spendNanos
        }
        if let actual { spend[key.currency, default: (0, 0)].actual += actual.spendNanos }
        guard expected != actual else { return }
        switch (expected, actual) {
        case (_, nil): missing += 1
        case (nil, _): extra += 1
        default: differing += 1
        }
        let difference = Difference(key: key, expected: expected, actual: actual)
        nanos += Int128(difference.excessNanos.magnitude)
        for column in difference.columns {
            columns[column.name, default: (0, 0)].rows += 1
            columns[column.name, default: (0, 0)].excess += column.actual - column.expected
        }
        keep(difference)
    }

    private mutating func keep(_ difference: Difference) {
        kept.append(difference)
        guard kept.count >= 64 + 2 * keptLimit else { return }
        kept = largest
    }

    private static func isLarger(_ a: Difference, _ b: Difference) -> Bool {
        if a.excessNanos.magnitude != b.excessNanos.magnitude {
            return a.excessNanos.magnitude > b.excessNanos.magnitude
        }
        return a.key < b.key
    }
}
