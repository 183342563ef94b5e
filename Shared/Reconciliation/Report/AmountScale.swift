/// The axis of amounts: from zero (or below) to a round number above the largest.
struct AmountScale {
    private(set) var ticks: [Nanos]
    private let low: Double
    private let high: Double

    init(_ amounts: [Nanos]) {
        let least = min(Nanos(0), amounts.min() ?? Nanos(0))
        let most = max(Nanos(0), amounts.max() ?? Nanos(0))
        let span = max((most - least).value, 1)
        // The smallest of 1, 2, 5, 10, ... that makes at most four steps.
        var step: Int128 = 1
        search: while true {
            for factor in [1, 2, 5] as [Int128] where span / 4 < step * factor {
                step *= factor
                break search
            }
            guard step < 1_000_000_000_000_000_000_000_000_000_000_000_000 else { break }
            step *= 10
        }
        let first = least.value < 0 ? least.value / step - 1 : 0
        let last = (most.value / step) + (most.value % step == 0 && most.value > 0 ? 0 : 1)
        ticks = (first...max(last, first + 1)).map { Nanos($0.multipliedReportingOverflow(by: step).partialValue) }
        low = Double(first) * Double(step)
        high = Double(max(last, first + 1)) * Double(step)
    }

    /// 0 at the bottom, 1 at the top.
    func place(_ amount: Nanos) -> Double { (Double(amount.value) - low) / (high - low) }

    /// "1,500", "0.25": without decimals that say nothing.
    static func label(_ amount: Nanos) -> String {
        let text = amount.units()
        return text.hasSuffix(".00") ? String(text.dropLast(3)) : text
    }
}
