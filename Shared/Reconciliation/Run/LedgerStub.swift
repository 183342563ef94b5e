public import Postgres

public struct ExternalLedger {
    public enum Source: Sendable { case file(String); case table(String, PostgresConfiguration) }
}
public struct LedgerTolerance: Sendable { public init(amount: String, percent: String) throws {} }
extension ReconciliationSession {
    func compare(
        _ l: ExternalLedgerRequest, _ s: ResultSnapshot, _ r: ReconciliationRequest,
        _ report: inout ReconciliationReport
    ) throws {}
}
