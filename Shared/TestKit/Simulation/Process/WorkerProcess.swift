import Streams

/// One process of the service: the job's real worker and core on one thread, the lane to the database on another.
final class WorkerProcess<Logic: EventLogic>: SimulatedProcess, StepProbe, WorkerObserver, @unchecked Sendable {
    typealias Lane = SimulatedLane<Logic.Output>

    let number: Int
    let instance: String
    let consumer: SimulatedConsumer
    private let world: SimulatedWorld
    private let thread: SimulatedThread
    private let committer: SimulatedThread
    private let session: DatabaseSession<Logic.Output>
    private let lane: Lane
    private let core: JobCore<Logic>
    private var worker: Worker<Logic, SimulatedConsumer, Lane>?
    private var isStopRequested = false
    private var lastBeat: Int64 = 0
    private var roundsAtOnce = 0
    /// Partitions that stopped since the last revoke began: what they held is not committed.
    private var stoppedNow: Set<Partition> = []
    private var orders: [StepOrder] = []
    private var lastStep: (step: WorkerStep, moment: StepMoment)?
    private(set) var isDead = false
    private(set) var isStopped = false
    private(set) var hasExited = false

    init(_ world: SimulatedWorld, job: SimulatedJob<Logic>, number: Int, instance: String, seed: UInt64) {
        self.number = number
        self.instance = instance
        self.world = world
        let thread = SimulatedThread(world.time, world.pool)
        let committer = SimulatedThread(world.time, world.pool)
        self.thread = thread
        self.committer = committer
        consumer = SimulatedConsumer(
            instance: instance, process: number, log: world.log, coordinator: world.coordinator, faults: world.faults,
            time: world.time, thread: thread, auditor: world.auditor, seed: seed)
        let probe = ProbeRelay()
        session = DatabaseSession(
            world.server, process: number, thread: committer, pool: world.pool, rows: job.rows,
            reached: { probe.target?.reached($0, $1) })
        lane = SimulatedLane(session, worker: thread, committer: committer, time: world.time) { machine in
            world.configure(&machine)
        }
        core = JobCore(
            job: "spend", topic: world.log.name, logic: job.logic, settings: world.streamSettings, probe: probe)
        probe.target = self
        worker = Worker(
            core: core, source: consumer, lane: lane, clock: world.time, observer: self, settings: world.pace,
            probe: probe, isStopRequested: { [unowned self] in isStopRequested || isDead })
        consumer.onBacklog = { [unowned world] in world.truncateBeneath($0, $1) }
        consumer.onRevoke = { [unowned self] lost, body in audited(lost: lost, body) }
    }

    // MARK: Life

    func start() {
        committer.start { [self] in lane.run() }
        thread.start { [self] in
            var failure: WorkerFailure?
            do throws(WorkerFailure) {
                try worker?.run()
            } catch {
                failure = error
            }
            let outcomeUnknown = lane.isBusy
            lane.cancel()
            worker = nil
            guard !isDead else { return }
            hasExited = true
            world.exited(self, failure, outcomeUnknown: outcomeUnknown)
        }
    }

    func requestStop() {
        isStopRequested = true
        lane.stopClaiming()
        thread.wake()
    }

    func stop() {
        isStopped = true
        thread.stop()
        committer.stop()
        world.coordinator.silenced(consumer)
    }

    func proceed() {
        guard isStopped, !isDead else { return }
        isStopped = false
        if !world.coordinator.heardAgain(consumer) { consumer.unknown() }
        thread.proceed()
        committer.proceed()
    }

    func kill(isHostGone: Bool) {
        guard !isDead else { return }
        isDead = true
        thread.kill()
        committer.kill()
        world.coordinator.silenced(consumer)
        if let backend = session.backend {
            // What was sent is on its way; then the server reads the end of the connection, if anybody sends it.
            world.time.after(isHostGone ? 120_000 : 15) { backend.close() }
        }
    }

    func order(_ order: StepOrder) { orders.append(order) }

    func reached(_ step: WorkerStep, _ moment: StepMoment) {
        guard !isDead else { return }
        lastStep = (step, moment)
        guard let place = orders.firstIndex(where: { $0.step == step && $0.moment == moment }) else { return }
        if orders[place].passing > 0 {
            orders[place].passing -= 1
            return
        }
        let order = orders.remove(at: place)
        world.reached(self, order)
        world.time.running?.waitWhileStopped()
    }

    /// A revoke is served: what was applied before it must be committed once it is acknowledged.
    private func audited(lost: Bool, _ body: () -> Void) {
        // What cannot be compared with the log waits, and is not committed.
        let waiting = core.suspects.map(\.partition)
        let before = core.snapshots().filter { !waiting.contains($0.partition) }
        let began = world.time.now
        let incidents = world.server.incidents
        stoppedNow = []
        body()
        // A drain has a limit of its own, and who fails gives up what it has.
        guard !isDead, !lost, !consumer.isClosed, worker?.lastFailure == nil else { return }
        world.auditor.revoked(
            number, before: before.filter { !stoppedNow.contains($0.partition) },
            tookMilliseconds: world.time.now - began,
            limitMilliseconds: world.pace.revokeLimitMilliseconds,
            isDatabaseWell: world.server.isUp && world.server.incidents == incidents)
    }

    var snapshots: [PartitionSnapshot] { core.snapshots() }

    var description: String {
        let state = isDead ? "dead" : hasExited ? "ended" : isStopped ? "stopped" : "running"
        let place = lastStep.map { "\($0.moment.rawValue) \($0.step.rawValue)" } ?? "at the start"
        let partitions = snapshots.map { snapshot in
            "\(snapshot.partition) \(snapshot.phase.rawValue) at \(snapshot.expected)"
                + (snapshot.stopReason.map { " (\($0.code.rawValue))" } ?? "")
        }
        return "process \(number) (\(instance)) \(state), last \(place), owns \(partitions.joined(separator: ", "))"
    }

    // MARK: WorkerObserver

    func incident(_ incident: CoreIncident) {
        guard !isDead else { return }
        world.trace("process \(number): \(incident)")
        if case .stopped(let partition, _) = incident { stoppedNow.insert(partition) }
        guard case .stopped(let partition, let reason) = incident,
            let snapshot = snapshots.first(where: { $0.partition == partition })
        else { return }
        world.stopped(self, snapshot, reason)
    }

    func sample(_ snapshots: [PartitionSnapshot], knownEnds: [Partition: Offset], unixMilliseconds: Int64) {
        guard !isDead else { return }
        world.auditor.sampled(snapshots, pendingRows: core.pendingRows, limits: world.pace)
    }

    func assigned(_ partitions: [Partition]) {}
    func revoked(_ partitions: [Partition], lost: Bool) {}
    func checkpointEnded(milliseconds: Int64, committed: [CheckpointSummary], fenced: Int) {}
    /// A worker that goes round and round at one moment does nothing else any more.
    func beat(monotonicMilliseconds: Int64) {
        roundsAtOnce = monotonicMilliseconds == lastBeat ? roundsAtOnce + 1 : 0
        lastBeat = monotonicMilliseconds
        guard roundsAtOnce > 1_000, !isDead else { return }
        world.auditor.found(.stuck, "a worker goes round without waiting: \(description)")
        kill(isHostGone: false)
    }
    func log(level: SourceLogLevel, message: String) {}
}

/// Breaks the circle between a process and what is made before it.
private final class ProbeRelay: StepProbe, @unchecked Sendable {
    weak var target: (any StepProbe)?
    func reached(_ step: WorkerStep, _ moment: StepMoment) { target?.reached(step, moment) }
}
