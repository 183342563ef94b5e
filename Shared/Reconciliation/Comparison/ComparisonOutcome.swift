/// What came of a comparison, before single events were looked at.
public struct ComparisonOutcome: Sendable {
    public var checks: [ReconciliationReport.Check] = []
    public var totals: [ReconciliationReport.CurrencyTotal] = []
    public var hours: [ReconciliationReport.HourPoint] = []
    /// How much differs in all checks together.
    public var differenceCount: Int64 = 0
    /// Rows of events that differ, the largest of each level.
    public var rows: [RowDifference] = []
    /// How many rows of events differ, by level.
    public var rowCounts: [SpendLevel: Int64] = [:]
    /// Everything else that differs, with its class; the first of each check. Numbers are given later.
    public var others: [ReconciliationReport.Difference] = []
    /// Sums of the amounts by which rows differ, without regard to sign: of the level where they are largest.
    public var differenceNanos: [String: Int128] = [:]
    /// What was assumed or left out, a sentence each.
    public var assumptions: [String] = []

    public init() {}

    /// A check that failed makes a mismatch; one that could not be made does not.
    public var verdict: ReconciliationReport.Verdict {
        if checks.contains(where: { $0.status == .mismatch }) { return .mismatch }
        // Whatever else agrees: where no row was compared with the log nothing is proven.
        return checks.contains { $0.name == SpendLevel.hour.name && $0.status == .match } ? .match : .couldNotCompare
    }
}
