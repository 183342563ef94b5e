import Connectors
import Postgres
import Schemas
import SpendAggregatorJob
import Streams
import Testing

/// When a worker is told that a signal is due, and that being told changes nothing but the time.
@Suite struct BudgetUrgencyTests {
    private typealias Budget = BudgetBench.Budget

    private func output(_ headroom: BudgetHeadroom?, _ events: AdEvent...) -> SpendOutput {
        let logic = SpendLogic(headroom: headroom)
        let output = logic.makeOutput()
        for event in events { _ = logic.apply(event, watermark: .distantPast, to: output) }
        return output
    }

    @Test func anOutputIsUrgentWhereItsChargesReachTheNextThreshold() async throws {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        let headroom = BudgetHeadroom()
        let noon = BudgetBench.noon
        #expect(!output(headroom).isUrgent, "nothing read, nothing due")
        #expect(output(headroom, click(1_000, at: noon)).isUrgent, "a campaign that was never judged")
        #expect(!output(nil, click(1_000, at: noon)).isUrgent, "nobody waits")
        try bench.set(Budget(campaign: 70, daily: 1_000_000, lifetime: 1_500_000))
        let partition = try EventsPartition(bench.fixture, 0, headroom: headroom)
        try partition.commit([click(300_000, at: noon), click(1_000, campaign: 71, at: noon)])
        // 200,000 are left of the half of the day's, 450,000 of the lifetime's.
        #expect(!output(headroom, click(199_000, at: noon)).isUrgent)
        #expect(output(headroom, click(200_000, at: noon)).isUrgent)
        #expect(output(headroom, click(100_000, at: noon), click(100_000, at: noon + 60_000)).isUrgent, "two rows")
        #expect(!output(headroom, click(9_000_000, campaign: 71, at: noon)).isUrgent, "no budget")
        var invalid = click(900_000, at: noon)
        invalid.invalidReason = 1
        #expect(!output(headroom, invalid).isUrgent, "not charged")
        // Yesterday's charges are the lifetime's alone, which the hint does not tell apart: it may be early, never wrong.
        #expect(output(headroom, click(200_000, at: noon - BudgetBench.day)).isUrgent)
        try partition.commit([click(1_200_000, at: noon)])
        #expect(try bench.signals().count == 8)
        #expect(!output(headroom, click(9_000_000, at: noon)).isUrgent, "no threshold is ahead")
    }

    @Test func theHintChangesNoResult() async throws {
        var found: [([String: [String: [Int128]]], [String])] = []
        for headroom in [nil, BudgetHeadroom()] {
            let bench = try await BudgetBench()
            defer { try? bench.close() }
            try bench.set(Budget(daily: 5_000_000))
            let partition = try EventsPartition(bench.fixture, 0, headroom: headroom)
            for number in 1...10 {
                try partition.commit([click(Int64(number) * 100_000, at: BudgetBench.noon + Int64(number) * 60_000)])
            }
            found.append(
                (
                    try LevelTruth.levels(of: bench.fixture),
                    try bench.signals("sequence, kind, budget, threshold_percent, spent_nanos, sources")
                ))
        }
        #expect(found[0].0 == found[1].0)
        #expect(found[0].1 == found[1].1 && found[0].1.count == 4)
    }
}
