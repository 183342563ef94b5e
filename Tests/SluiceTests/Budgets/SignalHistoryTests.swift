import Schemas
import Testing

@testable import Sluice

/// Which sequences of signals make sense.
@Suite struct SignalHistoryTests {
    /// A signal of campaign 1 with figures that bear it out.
    private func signal(
        _ kind: SignalKind, _ threshold: Int32, day: String = "2026-11-25", budget: BudgetKind = .daily,
        version: Int64 = 1, spent: Int64? = nil
    ) -> BudgetSignal {
        BudgetSignal(
            campaignID: 1, kind: kind, budget: budget, thresholdPercent: threshold, day: day, budgetNanos: 1_000,
            spentNanos: spent ?? Int64(threshold) * 10 - (kind == .fellBelow ? 1 : 0), budgetVersion: version)
    }

    @Test func anOrdinaryDayMakesSense() {
        let signals = [
            signal(.crossed, 50), signal(.crossed, 80), signal(.fellBelow, 80), signal(.crossed, 80),
            signal(.crossed, 50, budget: .lifetime), signal(.crossed, 95), signal(.crossed, 100),
            signal(.fellBelow, 100), signal(.fellBelow, 95), signal(.fellBelow, 80), signal(.fellBelow, 50),
            signal(.crossed, 50), signal(.reset, 0, day: "2026-11-26"), signal(.crossed, 50, day: "2026-11-26"),
            signal(.crossed, 80, budget: .lifetime),
        ]
        #expect(SignalHistory.faults(in: signals) == [])
    }

    @Test func whatSignalsDoNotShowIsAllowedFor() {
        // Removed and set again; a day that began without a reset.
        let signals = [
            signal(.crossed, 50), signal(.crossed, 80), signal(.crossed, 50, version: 2),
            signal(.crossed, 80, day: "2026-11-26", version: 2), signal(.fellBelow, 50, day: "2026-11-27"),
        ]
        #expect(SignalHistory.faults(in: signals) == [])
    }

    @Test func whatMakesNoSenseIsFound() {
        let cases: [([BudgetSignal], String)] = [
            ([signal(.crossed, 50), signal(.crossed, 50)], "crossed where 50 per cent was reached"),
            ([signal(.crossed, 80)], "crossed where 0 per cent was reached"),
            ([signal(.crossed, 50), signal(.crossed, 95)], "crossed where 50 per cent was reached"),
            ([signal(.fellBelow, 50)], "where 0 per cent was reached"),
            ([signal(.crossed, 50), signal(.crossed, 80), signal(.fellBelow, 50)], "where 80 per cent was reached"),
            ([signal(.reset, 0), signal(.reset, 0)], "day 2026-11-25 begins a second time"),
            ([signal(.reset, 50)], "reset of a threshold"), ([signal(.reset, 0, budget: .lifetime)], "no daily budget"),
            ([signal(.crossed, 60)], "60 per cent is no threshold"),
            ([signal(.crossed, 50, spent: 499)], "figures say that it is not reached"),
            ([signal(.crossed, 50), signal(.fellBelow, 50, spent: 500)], "figures say that it did not"),
            ([signal(.unspecified, 50)], "not known"),
        ]
        for (signals, text) in cases {
            let faults = SignalHistory.faults(in: signals)
            #expect(faults.count == 1 && faults[0].contains(text), "\(faults)")
            #expect(faults.first?.hasPrefix("campaign 1, lane 0 sequence 0: ") == true)
        }
    }
}
