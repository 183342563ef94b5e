import ArgumentParser
import Foundation
import SpendAggregatorJob
import TestKit

/// Runs the spend job through many seeds, or one script again.
@main
struct SimulatorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulator", abstract: "The spend job in simulated worlds, a seed each.")

    @Option(help: "The first seed.")
    var from: UInt64 = 1
    @Option(help: "How many seeds.")
    var seeds: UInt64 = 1_000
    @Option(help: "Threads, each with a world of its own.")
    var threads = 2
    @Option(help: "A script to run instead of seeds.")
    var script: String?
    @Option(help: "Guards to leave out, by their names; those of the library in a debug build only.")
    var without: [String] = []
    @Option(help: "Where the scripts of failing seeds are written.")
    var failures = ".build/simulation"
    @Flag(help: "The job declares its topic compacted.")
    var compacted = false
    @Flag(help: "Say what happens, of a script or a single seed.")
    var trace = false
    @Flag(help: "Print the script of a seed and do not run it.")
    var printScript = false

    private var job: SimulatedJob<SpendLogic> { compacted ? SpendSimulation.compactedJob : SpendSimulation.job }

    func run() throws {
        if let script {
            try runOne(SimulationScript(text: String(contentsOfFile: script, encoding: .utf8)))
        } else if printScript || trace || seeds == 1 {
            try runOne(SimulationScript(drawnFrom: from))
        } else {
            try runMany()
        }
    }

    private func runOne(_ script: SimulationScript) throws {
        var script = script
        script.mutants += without
        if printScript { return print(script.text, terminator: "") }
        let report = Simulation(job: job).run(script, tell: trace ? { print($0) } : nil)
        print(
            "seed \(report.seed): \(report.simulatedMilliseconds / 1_000) s, \(report.records) records, "
                + "\(report.commits) commits, \(report.states) states judged, hash \(report.hash)")
        guard let finding = report.finding else { return print("nothing found") }
        print(finding)
        if self.script == nil { try writeShortest(script, finding) }
        throw ExitCode.failure
    }

    private func runMany() throws {
        let campaign = Campaign(
            job: job, seeds: from..<(from + seeds), threads: threads, without: without)
        campaign.run()
        print(campaign.table)
        for (seed, finding) in campaign.failed.prefix(20) {
            print("\nseed \(seed): \(finding)")
            var script = SimulationScript(drawnFrom: seed)
            script.mutants += without
            try writeShortest(script, finding)
        }
        if !campaign.failed.isEmpty { throw ExitCode.failure }
    }

    /// Looks for a shorter script that breaks the same rule, and keeps it.
    private func writeShortest(_ script: SimulationScript, _ finding: Finding) throws {
        let simulation = Simulation(job: job)
        var shrinker = ScriptShrinker(limit: 600) { simulation.run($0).finding?.rule == finding.rule }
        let short = shrinker.shrink(script)
        try FileManager.default.createDirectory(atPath: failures, withIntermediateDirectories: true)
        let path = "\(failures)/seed-\(script.seed).sim"
        let what = simulation.run(short).finding.map(\.description) ?? finding.description
        try "# \(what)\n\(short.text)".write(toFile: path, atomically: true, encoding: .utf8)
        print(
            "  shortest script that still fails: \(short.faults.count) of \(script.faults.count) faults, "
                + "\(shrinker.runs) runs; again with: simulator --script \(path)" + (compacted ? " --compacted" : ""))
    }
}
