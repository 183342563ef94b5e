/// A row that is not what the log says.
public struct RowDifference: Equatable, Sendable {
    public var key: SpendRowKey
    /// By the log; nil: there must be no such row.
    public var expected: SpendCounts?
    /// In the results; nil: there is no such row.
    public var actual: SpendCounts?
    /// The differing minutes that this follows from, the first few; empty where it stands for itself.
    public var causes: [SpendRowKey] = []

    public init(key: SpendRowKey, expected: SpendCounts?, actual: SpendCounts?) {
        self.key = key
        self.expected = expected
        self.actual = actual
    }

    /// Actual less expected.
    public var excess: SpendCounts { (actual ?? SpendCounts()) - (expected ?? SpendCounts()) }
    public var nanos: Int128 { excess.spendNanos }

    /// The largest first, then in the order of rows.
    static func isLarger(_ a: Self, _ b: Self) -> Bool {
        let (x, y) = (a.nanos.magnitude, b.nanos.magnitude)
        return x != y ? x > y : a.key < b.key
    }
}

/// The largest differences, as many as are asked for.
struct LargestRowDifferences {
    private let limit: Int
    private var kept: [RowDifference] = []

    init(limit: Int) { self.limit = limit }

    mutating func add(_ difference: RowDifference) {
        kept.append(difference)
        if kept.count >= 2 * limit + 1_000 { trim() }
    }

    private mutating func trim() {
        kept.sort(by: RowDifference.isLarger)
        kept = Array(kept.prefix(limit))
    }

    mutating func take() -> [RowDifference] {
        trim()
        return kept
    }
}
