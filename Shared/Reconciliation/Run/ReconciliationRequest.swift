/// What one reconciliation is to compare.
public struct ReconciliationRequest: Sendable {
    /// Windows that begin in `from ..< to`, milliseconds of Unix time, full hours; nil: unbounded.
    public var fromMilliseconds: Int64?
    public var toMilliseconds: Int64?
    /// What a billing system thinks, to be compared with our days.
    public var ledger: ExternalLedgerRequest?
    /// Whether a plan is made that mends what differs.
    public var makesPlan = false
    /// Without: windows and counters alone, as for an hour that is closed.
    public var comparesEverything = true

    public init() {}
}

/// What came of a reconciliation.
public struct ReconciliationOutcome: Sendable {
    public var report: ReconciliationReport
    /// Which records both sides spoke of; nil where it did not come to that.
    public var cut: ResultCut?
    /// Where one was asked for and something differs that the log can mend.
    public var plan: RepairPlan?
    /// Why there is none although something differs.
    public var planRefusal: String?
}
