import Foundation
import Simulator
import TestKit
import Testing

@Suite struct SimulationTests {
    /// Whatever happens, every visible state is that of the log before it, and in the end everything is applied; and
    /// whatever can happen did.
    @Test func everyVisibleStateIsThatOfTheLogAndEveryFaultOccurs() {
        let campaign = Campaign(job: SpendSimulation.job, seeds: 1..<241, threads: 2)
        campaign.run()
        for (seed, finding) in campaign.failed {
            Issue.record("seed \(seed): \(finding). Again: make sim FROM=\(seed) SEEDS=1")
        }
        for (kind, count) in campaign.occurrences {
            #expect(count >= 10, "\(kind.rawValue) took effect \(count) times in 240 seeds")
        }
        #expect(campaign.occurrences.count >= 40)
    }

    /// The same where the topic is declared compacted, so that older anchors stand in for one that is gone.
    @Test func soItIsOfATopicThatIsDeclaredCompacted() {
        let campaign = Campaign(job: SpendSimulation.compactedJob, seeds: 1..<81, threads: 2)
        campaign.run()
        for (seed, finding) in campaign.failed { Issue.record("seed \(seed): \(finding)") }
    }

    @Test func theSameSeedGivesTheSameRunInAnotherProcessToo() throws {
        for seed in [3, 14, 40] as [UInt64] {
            let first = Simulation(job: SpendSimulation.job).run(SimulationScript(drawnFrom: seed))
            let second = Simulation(job: SpendSimulation.job).run(SimulationScript(drawnFrom: seed))
            #expect(first.hash == second.hash && first.events == second.events)
            let elsewhere = try Self.simulator(["--from", "\(seed)", "--seeds", "1"])
            #expect(elsewhere.contains("hash \(first.hash)"), "\(elsewhere)")
        }
    }

    /// The program beside the one that runs the tests.
    private static func simulator(_ arguments: [String]) throws -> String {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let process = Process()
        process.executableURL = URL(filePath: tests).deletingLastPathComponent().appending(path: "Simulator")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    @Test func aScriptIsReadAsItWasWritten() throws {
        let script = SimulationScript(drawnFrom: 7)
        #expect(try SimulationScript(text: script.text) == script)
        #expect(throws: ScriptError.self) {
            try SimulationScript(text: "at 5 nothing-known target 1 amount 1 salt 1")
        }
        #expect(throws: ScriptError.self) { try SimulationScript(text: "partitons 3") }
        #expect(throws: ScriptError.self) { try SimulationScript(text: "seed many") }
    }

    /// What once failed and was mended.
    @Test(arguments: try! KeptScript.all())
    func aScriptThatOnceFailedRunsThrough(_ kept: KeptScript) throws {
        let report = Simulation(job: SpendSimulation.job).run(kept.script)
        #expect(report.finding == nil, "\(kept)")
    }
}
