import Streams
import TestKit

/// A worker over a simulated log and database, with a clock that is moved by hand.
final class WorkerBench {
    let log: SimulatedLog
    let clock = ManualClock()
    let observer = RecordingObserver()
    let database: SimulatedDatabase<SightingTables>
    let source: ScriptedSource
    let store: SimulatedStore<SightingTables>
    let lane: SightingLane
    let worker: SightingWorker

    init(
        _ owner: String = "bench", sharing other: WorkerBench? = nil,
        settings: StreamSettings = StreamSettings(horizonMilliseconds: 100_000, outOfOrdernessMilliseconds: 10),
        change: (inout WorkerSettings) -> Void = { _ in }
    ) {
        var pace = WorkerSettings()
        pace.batchRecords = 10
        change(&pace)
        database = other?.database ?? SimulatedDatabase(SightingTables())
        log = other?.log ?? SimulatedLog(topic: "sightings")
        source = ScriptedSource(log, clock: clock)
        store = SimulatedStore(database, owner: owner)
        lane = DirectLane(store, clock: clock)
        let job = StreamJob(
            name: "job", topic: "sightings", logic: SightingLogic(),
            settings: settings, pace: pace)
        let clock = clock
        let limit = limit
        worker = job.worker(
            source: source, lane: lane, clock: clock, observer: observer,
            isStopRequested: { clock.now >= limit.stopAfter })
        // From here on the first checkpoint is an interval away, as it is when a worker runs.
        worker.round()
    }

    private final class Limit { var stopAfter: Int64 = .max }
    private let limit = Limit()
    /// Asks the worker to end once so much time has passed.
    func stop(after milliseconds: Int64) { limit.stopAfter = clock.now + milliseconds }

    func fill(_ count: Int, in partition: Partition = Partition(0), from first: UInt64 = 0) {
        for number in 0..<UInt64(count) { log.sight(first + number, at: 1_000 + Int64(number), in: partition) }
    }

    func rounds(_ count: Int = 1) { for _ in 0..<count { worker.round() } }

    /// Rounds until the condition holds, at most so many. True where it does.
    func rounds(atMost count: Int = 500, until condition: () -> Bool) -> Bool {
        for _ in 0..<count {
            if condition() { return true }
            worker.round()
        }
        return condition()
    }

    func ids(_ partition: Partition = Partition(0)) -> [UInt64] { database.tables.ids(partition) }
    func next(_ partition: Partition = Partition(0)) -> Int64? {
        database.progress[partition]?.progress.nextOffset?.rawValue
    }
}
