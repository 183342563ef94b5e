/// What a budget signal says, as `sluice.ads.v1.SignalKind` numbers it. The enum on the wire is open: a number without a
/// case here is read as `unspecified`.
@frozen
public enum SignalKind: Int32, CaseIterable, Sendable, BitwiseCopyable {
    case unspecified = 0
    /// Spend has reached the threshold.
    case crossed = 1
    /// It had been reached, and spend is below it again.
    case fellBelow = 2
    /// A new day of a daily budget has begun.
    case reset = 3
}
