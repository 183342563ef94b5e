import SpendAggregatorJob
import Streams
import TestKit

/// One process of a simulation: a worker with its own source, connection and lane.
final class SpendSimulationMember {
    let source: ScriptedSource
    let store: SimulatedStore<SpendTables>
    let lane: SpendSimulation.Lane
    let core: JobCore<SpendLogic>
    let observer = RecordingObserver()
    let worker: Worker<SpendLogic, ScriptedSource, SpendSimulation.Lane>

    init(
        log: SimulatedLog, database: SimulatedDatabase<SpendTables>, clock: ManualClock, name: String, seed: UInt64,
        pace: WorkerSettings, settings: StreamSettings
    ) {
        source = ScriptedSource(log, clock: clock, seed: seed)
        store = SimulatedStore(database, owner: name)
        lane = DirectLane(store, clock: clock)
        core = JobCore(job: "spend", topic: "ad-events", logic: SpendLogic(), settings: settings)
        worker = Worker(
            core: core, source: source, lane: lane, clock: clock, observer: observer, settings: pace,
            isStopRequested: { false })
    }

    /// Rounds until everything that was scripted has happened.
    func drainEvents() { while source.hasEvents { worker.round() } }

    func holds(_ partition: Partition) -> Bool { source.positions[partition] != nil }

    func isStopped(_ partition: Partition) -> Bool {
        core.snapshots().contains { $0.partition == partition && $0.phase == .stopped }
    }
}
