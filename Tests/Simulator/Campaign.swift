import Foundation
public import Streams
import Synchronization
public import TestKit

/// Many seeds on all cores: each thread takes the next seed when it is done with one.
public final class Campaign<Logic: EventLogic>: @unchecked Sendable {
    private struct Sums {
        var done = 0
        var simulatedMilliseconds: Int64 = 0
        var records = 0
        var states = 0
        var commits = 0
        var refusals = 0
        var processes = 0
        var undetectable = 0
        var busySeconds = 0.0
        var faults = [Int](repeating: 0, count: FaultKind.allCases.count)
        var steps: [String: Int] = [:]
        /// The seeds that broke a rule, with the first thing that was found.
        public var failed: [(seed: UInt64, finding: Finding)] = []
    }

    private let job: SimulatedJob<Logic>
    private let seeds: Range<UInt64>
    private let threads: Int
    private let without: [String]
    private let next: Atomic<UInt64>
    private let sums = Mutex(Sums())
    private let began = Date()
    private var seconds = 0.0

    public init(job: SimulatedJob<Logic>, seeds: Range<UInt64>, threads: Int, without: [String] = []) {
        self.job = job
        self.seeds = seeds
        self.threads = threads
        self.without = without
        next = Atomic(seeds.lowerBound)
    }

    /// The seeds that broke a rule, with the first thing that was found.
    public var failed: [(seed: UInt64, finding: Finding)] {
        sums.withLock { $0.failed.sorted { $0.seed < $1.seed } }
    }

    /// How often each kind of fault took effect.
    public var occurrences: [(kind: FaultKind, count: Int)] {
        sums.withLock { sums in zip(FaultKind.allCases, sums.faults).map { ($0, $1) } }
    }

    public func run() {
        let group = DispatchGroup()
        for _ in 0..<threads {
            group.enter()
            Thread { [self] in
                work()
                group.leave()
            }.start()
        }
        while group.wait(timeout: .now() + 2) == .timedOut { progress() }
        seconds = Date().timeIntervalSince(began)
    }

    private func work() {
        let simulation = Simulation(job: job)
        while true {
            let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
            guard seed < seeds.upperBound else { return }
            var script = SimulationScript(drawnFrom: seed)
            script.mutants += without
            let start = Self.threadSeconds()
            let report = simulation.run(script)
            add(report, Self.threadSeconds() - start)
        }
    }

    /// CPU seconds of this thread: how fast a world runs should not depend on who else is on the machine.
    private static func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func add(_ report: SimulationReport, _ seconds: Double) {
        sums.withLock { sums in
            sums.done += 1
            sums.busySeconds += seconds
            sums.simulatedMilliseconds += report.simulatedMilliseconds
            sums.records += report.records
            sums.states += report.states
            sums.commits += report.commits
            sums.refusals += report.refusals
            sums.processes += report.processes
            sums.undetectable += report.undetectable
            for place in sums.faults.indices { sums.faults[place] += report.faults[place] }
            for (step, count) in report.steps { sums.steps[step, default: 0] += count }
            if let finding = report.finding { sums.failed.append((report.seed, finding)) }
        }
    }

    private func progress() {
        let line = sums.withLock { sums in
            let elapsed = Date().timeIntervalSince(began)
            return "\(sums.done) of \(seeds.count) seeds, \(Self.text(Double(sums.done) / elapsed, 1))/s, "
                + "\(sums.simulatedMilliseconds / 3_600_000) simulated hours, \(sums.faults.reduce(0, +)) faults, "
                + "\(sums.failed.count) failures"
        }
        FileHandle.standardError.write(Data((isatty(2) != 0 ? "\r\(line)   " : "\(line)\n").utf8))
    }

    private static func text(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

    /// What was run, and how often each fault took effect.
    var table: String {
        sums.withLock { sums in
            let hours = Double(sums.simulatedMilliseconds) / 3_600_000
            var lines = [
                "", "\(sums.done) seeds in \(Self.text(seconds, 0)) s, \(sums.failed.count) failures",
                "simulated: \(Self.text(hours, 0)) hours, \(sums.records) records, \(sums.processes) processes, "
                    + "\(sums.commits) commits, \(sums.refusals) refused, \(sums.states) visible states judged",
                "one core simulates \(Self.text(hours * 3_600 / max(sums.busySeconds, 1e-9), 0)) times real time; "
                    + "changes of the log that no rule can tell: \(sums.undetectable)", "", "faults that took effect",
            ]
            for (kind, count) in zip(FaultKind.allCases, sums.faults) {
                lines.append("  " + kind.rawValue.padding(toLength: 24, withPad: " ", startingAt: 0) + " \(count)")
            }
            lines += ["", "kills and stops at steps"]
            for moment in StepMoment.allCases {
                for step in WorkerStep.allCases {
                    let name = "\(moment.rawValue) \(step.rawValue)"
                    lines.append(
                        "  " + name.padding(toLength: 28, withPad: " ", startingAt: 0) + " \(sums.steps[name] ?? 0)")
                }
            }
            return lines.joined(separator: "\n")
        }
    }
}
