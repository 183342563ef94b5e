/// How far a ledger may be off: by an absolute amount in each currency, or by a part of our amount, whichever allows more.
/// Compared in integers: nothing is rounded at the edge.
public struct LedgerTolerance: Hashable, Sendable {
    /// Billionths of the currency.
    public private(set) var nanos: Int128 = 0
    /// Millionths of a percent.
    public private(set) var microPercent: Int64 = 0

    /// None: every nano counts.
    public static let zero = LedgerTolerance()

    private init() {}

    /// - Parameter text: "0.01", "0.1%", or both with a comma between them: "0.01,0.1%". Amounts have at most nine decimals,
    ///   percents at most six; neither is below 0, and percents are at most 100. Nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        var hasAmount = false
        var hasPercent = false
        for part in parts {
            if part.hasSuffix("%") {
                guard !hasPercent, let percent = Nanos(units: part.dropLast()), percent.value >= 0,
                    percent.value <= 100 * Nanos.perUnit, percent.value % 1000 == 0
                else { return nil }
                microPercent = Int64(percent.value / 1000)
                hasPercent = true
            } else {
                guard !hasAmount, let amount = Nanos(units: part), amount.value >= 0 else { return nil }
                nanos = amount.value
                hasAmount = true
            }
        }
    }

    /// Whether theirs is close enough to ours.
    public func allows(ours: Int128, theirs: Int128) -> Bool {
        let (difference, overflow) = theirs.subtractingReportingOverflow(ours)
        guard !overflow else { return false }
        let off = difference.magnitude
        if off <= nanos.magnitude { return true }
        // off / |ours| <= microPercent / 10^8, multiplied out; the products have 256 bits.
        let left = off.multipliedFullWidth(by: 100_000_000)
        let right = ours.magnitude.multipliedFullWidth(by: UInt128(microPercent))
        return left.high != right.high ? left.high < right.high : left.low <= right.low
    }

    /// The percents as they are written: "0.1", "0".
    public var percent: String {
        var text = Nanos(Int128(microPercent) * 1000).units(grouped: false)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text.isEmpty ? "0" : text
    }
}
