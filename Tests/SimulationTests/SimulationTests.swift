import Foundation
import Simulator
import TestKit
import Testing

@Suite struct SimulationTests {
    /// Whatever happens, every visible state is that of the log before it, and in the end everything is applied.
    @Test(arguments: 0..<10)
    func everyVisibleStateIsThatOfTheLog(block: UInt64) {
        let simulation = Simulation(job: SpendSimulation.job)
        for seed in (block * 20 + 1)...(block * 20 + 20) {
            let report = simulation.run(SimulationScript(drawnFrom: seed))
            #expect(report.finding == nil, "seed \(seed): make sim SEEDS=1 FROM=\(seed)")
        }
    }

    @Test func theSameSeedGivesTheSameRun() {
        for seed in 1...5 as ClosedRange<UInt64> {
            let first = Simulation(job: SpendSimulation.job).run(SimulationScript(drawnFrom: seed))
            let second = Simulation(job: SpendSimulation.job).run(SimulationScript(drawnFrom: seed))
            #expect(first.hash == second.hash && first.events == second.events)
        }
    }

    @Test func aScriptIsReadAsItWasWritten() throws {
        let script = SimulationScript(drawnFrom: 7)
        #expect(try SimulationScript(text: script.text) == script)
        #expect(throws: ScriptError.self) { try SimulationScript(text: "at 5 nothing-known target 1 amount 1 salt 1") }
        #expect(throws: ScriptError.self) { try SimulationScript(text: "partitons 3") }
    }
}
