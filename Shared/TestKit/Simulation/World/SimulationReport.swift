public import Streams

/// What came of a run.
public struct SimulationReport: Sendable {
    public var seed: UInt64
    /// The first thing that must not have been; nil: the run is in order.
    public var finding: Finding?
    /// Over everything that became visible, in its order: the same script gives the same.
    public var hash: UInt64
    public var simulatedMilliseconds: Int64
    /// Events of the world.
    public var events: UInt64
    /// States of the database that were judged.
    public var states: Int
    public var records: Int
    public var commits: Int
    /// Commits that the compare-and-set refused.
    public var refusals: Int
    public var processes: Int
    /// Changes of the log that the documented rules cannot tell.
    public var undetectable: Int
    /// How often each kind of fault took effect, in the order of `FaultKind.allCases`.
    public var faults: [Int]
    /// Where processes were killed or stopped at a step.
    public var steps: [String: Int]

    init(_ world: SimulatedWorld) {
        seed = world.script.seed
        finding = world.auditor.findings.first
        hash = world.auditor.hash
        simulatedMilliseconds = world.time.now
        events = world.time.steps
        states = world.auditor.states
        records = world.log.lives.count
        commits = world.server.commits
        refusals = world.server.refusals
        processes = world.processes.count
        undetectable = world.auditor.undetectable
        faults = world.faults.counts
        steps = world.steps
    }
}

/// Runs scripts, one after the other, on the thread that made it.
public final class Simulation<Logic: EventLogic> {
    private let job: SimulatedJob<Logic>
    private let pool = CoroutinePool()

    public init(job: SimulatedJob<Logic>) { self.job = job }

    /// - Parameter tell: told what happens, a line at a time.
    public func run(_ script: SimulationScript, tell: ((String) -> Void)? = nil) -> SimulationReport {
        let world = SimulatedWorld(script, job: job, pool: pool)
        world.tell = tell
        return world.run()
    }
}
