import Schemas

/// Whether what was signalled of each campaign makes sense, one signal after the other.
///
/// A threshold is crossed only while it is not reached and the ones below it are; it falls only while it is reached and
/// the ones above it are not; its own figures say so; and a campaign's day begins once, with no threshold reached.
///
/// Two things that signals do not show are allowed for. A budget that was removed and set again begins with no threshold
/// reached: the lowest one may then be crossed again under another version. And where the day has changed without a reset
/// (the zone was changed, or the campaign does not run) what is reached begins with whatever is said first.
struct SignalHistory {
    private static let thresholds: [Int32] = [50, 80, 95, 100]

    private struct Key: Hashable {
        var campaign: Int64
        var budget: BudgetKind
    }

    private struct State {
        /// The highest threshold that is reached; nil where that is not known.
        var reached: Int32?
        var day: String
        var version: Int64
    }

    private struct Day: Hashable {
        var campaign: Int64
        var day: String
    }

    private var states: [Key: State] = [:]
    private var resets: Set<Day> = []

    /// What makes no sense, in words.
    ///
    /// - Parameter signals: those of a campaign in the order in which they were decided.
    static func faults(in signals: [BudgetSignal]) -> [String] {
        var history = SignalHistory()
        return signals.compactMap { signal in
            history.fault(of: signal).map {
                TerminalText.safe(
                    "campaign \(signal.campaignID), lane \(signal.lane) sequence \(signal.sequence): \($0)")
            }
        }
    }

    private mutating func fault(of signal: BudgetSignal) -> String? {
        let key = Key(campaign: signal.campaignID, budget: signal.budget)
        let before = states[key]
        var reached = before == nil ? 0 : before?.reached
        if signal.budget == .daily, let before, before.day != signal.day { reached = nil }
        let fault = fault(of: signal, reached, before)
        let after: Int32 =
            switch signal.kind {
            case .crossed: signal.thresholdPercent
            case .fellBelow: Self.below(signal.thresholdPercent)
            case .reset, .unspecified: 0
            }
        states[key] = State(reached: after, day: signal.day, version: signal.budgetVersion)
        return fault
    }

    private mutating func fault(of signal: BudgetSignal, _ reached: Int32?, _ before: State?) -> String? {
        let name = "\(signal.budget) budget of \(signal.day)"
        let threshold = signal.thresholdPercent
        if signal.kind == .reset {
            guard signal.budget == .daily, threshold == 0 else {
                return "a reset of a threshold, or of no daily budget"
            }
            return resets.insert(Day(campaign: signal.campaignID, day: signal.day)).inserted
                ? nil : "day \(signal.day) begins a second time"
        }
        guard Self.thresholds.contains(threshold) else { return "\(threshold) per cent is no threshold" }
        let isReached = Int128(signal.spentNanos) * 100 >= Int128(signal.budgetNanos) * Int128(threshold)
        switch signal.kind {
        case .crossed:
            guard isReached, signal.budgetNanos > 0 else {
                return "\(threshold) per cent of the \(name) is crossed, and its own figures say that it is not reached"
            }
            guard let reached, reached != Self.below(threshold) else { return nil }
            if threshold == Self.thresholds[0], before?.version != signal.budgetVersion { return nil }
            return "\(threshold) per cent of the \(name) is crossed where \(reached) per cent was reached"
        case .fellBelow:
            guard !isReached || signal.budgetNanos == 0 else {
                return "spend fell below \(threshold) per cent of the \(name), and its own figures say that it did not"
            }
            guard let reached, reached != threshold else { return nil }
            return "spend fell below \(threshold) per cent of the \(name) where \(reached) per cent was reached"
        case .reset, .unspecified: return "a kind of signal that is not known"
        }
    }

    /// The next lower threshold; 0 below the lowest.
    private static func below(_ threshold: Int32) -> Int32 { thresholds.last { $0 < threshold } ?? 0 }
}
