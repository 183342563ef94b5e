import Streams
import TestKit
import Testing

@Suite struct SpendSimulationTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func whateverHappensTheResultsAreThoseOfTheLog(seed: UInt64) {
        let simulation = SpendSimulation(seed: seed)
        simulation.run()
        #expect(simulation.differences() == [], "seed \(seed): \(simulation.figures)")
        #expect(simulation.database.audit() == [], "seed \(seed)")
        var calm = SpendSimulation.Options()
        calm.incidents = false
        let undisturbed = SpendSimulation(seed: seed, options: calm)
        undisturbed.run()
        #expect(undisturbed.differences() == [], "seed \(seed), without incidents")
        #expect((simulation.bytes == undisturbed.bytes) as Bool, "seed \(seed)")
        #expect(simulation.figures.records > 700)
    }

    @Test func theSimulationsReachWhatTheyAreFor() {
        var sum = SpendSimulation.Figures()
        for seed in 1...10 as ClosedRange<UInt64> {
            let simulation = SpendSimulation(seed: seed)
            simulation.run()
            let figures = simulation.figures
            sum.records += figures.records
            sum.rebalances += figures.rebalances
            sum.zombies += figures.zombies
            sum.crashes += figures.crashes
            sum.failovers += figures.failovers
            sum.lostConnections += figures.lostConnections
            sum.storeIncidents += figures.storeIncidents
            sum.refusals += figures.refusals
            sum.stops += figures.stops
            sum.discarded += figures.discarded
        }
        #expect(sum.rebalances > 50 && sum.zombies > 30 && sum.crashes > 30 && sum.failovers > 20)
        #expect(sum.storeIncidents > 100 && sum.refusals > 10 && sum.stops > 10 && sum.discarded > 100)
    }

    /// What the harness finds when a guard is left out: were it nothing, the tests above would show nothing.
    private func findings(_ options: SpendSimulation.Options) -> (results: Int, audits: Int) {
        var results = 0
        var audits = 0
        for seed in 1...6 as ClosedRange<UInt64> {
            let simulation = SpendSimulation(seed: seed, options: options)
            simulation.run()
            if !simulation.differences().isEmpty { results += 1 }
            if !simulation.database.audit().isEmpty { audits += 1 }
        }
        return (results, audits)
    }

    @Test func withoutDeduplicationTheJudgeFindsADifference() {
        var options = SpendSimulation.Options()
        options.deduplicates = false
        #expect(findings(options).results == 6)
    }

    @Test func withoutTheExpectedOffsetTheJudgeFindsADifference() {
        var options = SpendSimulation.Options()
        options.mutants = .expectedOffset
        let found = findings(options)
        #expect(found.results > 0, "a commit onto a database that had failed over lost what lay between")
        #expect(found.audits > 0)
    }

    /// The expected offset alone keeps the results right; that a second owner writes is what the journal shows.
    @Test func withoutTheEpochTheAuditorFindsASecondOwner() {
        var options = SpendSimulation.Options()
        options.mutants = .epochCondition
        #expect(findings(options).audits > 0)
    }

    @Test func withoutBothTheJudgeFindsADifference() {
        var options = SpendSimulation.Options()
        options.mutants = [.epochCondition, .expectedOffset]
        #expect(findings(options).results > 3)
    }
}
