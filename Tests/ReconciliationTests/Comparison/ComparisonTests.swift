import Reconciliation
import Testing

/// What the aggregator wrote matches what the recount says, whatever happened to it on the way.
@Suite(.timeLimit(.minutes(5)))
struct ComparisonTests {
    @Test func anOrdinaryDayMatches() async throws {
        let bench = try await ReconciliationBench()
        try bench.run("SELECT \"spend\".set_zone(8, 'America/Los_Angeles', '2020-01-01')")
        try bench.playAnOrdinaryDay()
        let outcome = try bench.reconcile()
        #expect(outcome.mismatches == [] && outcome.differences == [])
        #expect(outcome.skipped == [])
        #expect(outcome.result.verdict == .match)
        // Nothing is a match because nothing was looked at.
        for name in ["minute", "hour", "day", "lifetime", "ad_hour", "placement_hour", "country_hour", "views"] {
            #expect((outcome.check(name)?.compared ?? 0) > 3, "\(name)")
        }
        #expect(outcome.check("dead_letters")?.compared == 2 && outcome.check("counters")?.compared == 2)
        #expect(outcome.check("adjustments")?.compared == 3)
        #expect(outcome.result.totals.map(\.currency) == ["EUR", "USD"])
        #expect(outcome.result.totals.allSatisfy { $0.expectedNanos == $0.actualNanos })
        #expect(outcome.result.totals[0].adjustmentNanos == "-11513")
        #expect(outcome.result.hours.count > 4)
    }
}
