/// Of which budget a signal speaks, as `sluice.ads.v1.BudgetKind` numbers it. The enum on the wire is open: a number
/// without a case here is read as `unspecified`.
@frozen
public enum BudgetKind: Int32, CaseIterable, Sendable, BitwiseCopyable {
    case unspecified = 0
    case daily = 1
    case lifetime = 2
}
