import Streams

/// A world in which a job's processes live: a log with its producers, a consumer group, a database, a supervisor that
/// starts again what has ended, and an operator. Everything that happens in it follows from its script.
final class SimulatedWorld {
    /// A place for a process, as a StatefulSet has them.
    struct Slot {
        var instance: String
        var process: (any SimulatedProcess)?
        var isWanted = true
        var isStarting = false
    }

    let script: SimulationScript
    let time = VirtualTime()
    let pool: CoroutinePool
    let faults: FaultField
    let log: SimulatedTopic
    let server: SimulatedServer
    let coordinator: GroupCoordinator
    let auditor: Auditor
    let streamSettings: StreamSettings
    let pace: WorkerSettings
    let mutants: WorldMutants
    var random: SeededGenerator
    var slots: [Slot] = []
    /// All that ever ran, by number.
    var processes: [any SimulatedProcess] = []
    var producers: [ProducerState] = []
    /// Partitions that are cut off as soon as a client holds records of them that it has not handed over.
    var truncationsDue: [Int: SimulationScript.Fault] = [:]
    /// Partitions whose results hold records of a log that is not there any more.
    var outlived: Set<Int> = []
    /// From where on a log is another one than was read, by partition, until an operator has gone on.
    var cutAt: [Int: (offset: Int64, isNewLog: Bool)] = [:]
    /// Partitions with which a client was told that it could not go on.
    var sourceErrors: Set<Int> = []
    /// Kills and stops at each step, for the report.
    var steps: [String: Int] = [:]
    /// Told what happens, for people.
    var tell: ((String) -> Void)?
    private let makeProcess: (SimulatedWorld, Int, String, UInt64) -> any SimulatedProcess

    init<Logic: EventLogic>(_ script: SimulationScript, job: SimulatedJob<Logic>, pool: CoroutinePool) {
        self.script = script
        self.pool = pool
        mutants = WorldMutants(script.mutants)
        random = SeededGenerator(seed: script.seed)
        faults = FaultField(time)
        let judge = ContractJudge(
            horizonMilliseconds: script[.horizon], outOfOrdernessMilliseconds: script[.outOfOrderness])
        log = SimulatedTopic(name: "ad-events", judge: judge)
        server = SimulatedServer(time, faults, seed: random.next())
        server.mutants = mutants.database
        server.lockTimeoutMilliseconds = script[.lockTimeout]
        coordinator = GroupCoordinator(
            time, faults, session: script[.session], heartbeat: script[.heartbeat], seed: random.next())
        auditor = Auditor(log, time, judge, isCompacted: job.isCompacted)
        var settings = StreamSettings(
            horizonMilliseconds: script[.horizon], outOfOrdernessMilliseconds: script[.outOfOrderness],
            isCompacted: job.isCompacted)
        mutants.apply(to: &settings)
        streamSettings = settings
        pace = Self.pace(script)
        makeProcess = { world, number, instance, seed in
            WorkerProcess(world, job: job, number: number, instance: instance, seed: seed)
        }
        server.onVisible = { [unowned self] in
            trace("visible \($0): \($1.description)")
            auditor.visible($0, $1)
        }
        server.onLost = { [unowned self] in
            trace("lost \($0)")
            auditor.lost($0)
        }
    }

    private static func pace(_ script: SimulationScript) -> WorkerSettings {
        var pace = WorkerSettings()
        pace.checkpointIntervalMilliseconds = script[.checkpoint]
        pace.pollTimeoutMilliseconds = script[.poll]
        pace.batchRecords = Int(script[.batch])
        pace.maximumPendingRows = Int(script[.pendingRows])
        pace.maximumPendingDeadLetterBytes = 20_000
        pace.revokeLimitMilliseconds = script[.revokeLimit]
        pace.drainLimitMilliseconds = script[.drainLimit]
        pace.fencedRetryMilliseconds = script[.session] * 2
        return pace
    }

    func configure<Output: CheckpointOutput>(_ machine: inout CommitMachine<Output>) {
        mutants.apply(to: &machine)
    }

    func trace(_ line: @autoclosure () -> String) {
        if let tell { tell("\(time.now) \(line())") }
    }

    // MARK: Run

    /// After the faults have ended everything must be applied within this time.
    private static let patience: Int64 = 900_000

    /// Runs to the end of the script and until everything is applied, or to the first finding.
    func run() -> SimulationReport {
        for _ in 0..<script[.partitions] { addPartition() }
        coordinator.setPartitionCount(log.partitions.count)
        for number in 0..<script[.members] { slots.append(Slot(instance: "worker-\(number)")) }
        for place in slots.indices { start(place) }
        for fault in script.faults { time.at(fault.moment) { [self] in apply(fault) } }
        time.at(script[.duration]) { [self] in becomeCalm() }
        while auditor.findings.isEmpty, !isComplete, time.step() {}
        if auditor.findings.isEmpty {
            auditor.compare(server.tables)
        }
        for partition in log.partitions.indices { auditor.note(auditor.partitions[partition].next ?? -1) }
        let report = SimulationReport(self)
        end()
        return report
    }

    /// Nothing of a world outlives it.
    private func end() {
        for process in processes { process.kill(isHostGone: false) }
        server.goDown(milliseconds: 1)
        let last = time.now
        while time.now <= last, time.step() {}
        time.clear()
        processes = []
        slots = []
        coordinator.disband()
    }

    private(set) var isComplete = false

    private func becomeCalm() {
        faults.isCalm = true
        for slot in slots.indices { slots[slot].isWanted = true }
        finishProducing()
        for place in slots.indices where slots[place].process == nil && !slots[place].isStarting { start(place) }
        look(until: time.now + Self.patience)
    }

    /// Looks once a second whether everything is applied.
    private func look(until deadline: Int64) {
        if waiting.isEmpty {
            isComplete = true
        } else if time.now >= deadline {
            auditor.found(.stuck, whoWaits)
        } else {
            time.after(1_000) { [self] in look(until: deadline) }
        }
    }

    /// Partitions with records that are not applied.
    private var waiting: [Int] {
        log.partitions.indices.filter { partition in
            let next = server.tables[partition].progress?.progress.nextOffset?.rawValue
            return !log.partitions[partition].records(from: next ?? 0, limit: 1).isEmpty
                || producers[partition].isUnfinished
        }
    }

    private var whoWaits: String {
        let partitions = waiting.map { partition in
            let row = server.tables[partition].progress
            return "\(partition): next offset \(auditor.text(row?.progress.nextOffset)) under epoch "
                + "\(row?.epoch.rawValue ?? 0) of process \(row?.owner ?? -1), log "
                + "\(log.partitions[partition].start) to \(log.partitions[partition].stableEnd)"
        }
        let living = processes.filter { !$0.isDead && !$0.hasExited }.map(\.description)
        return (partitions + ["group: \(coordinator.description)"] + living).joined(separator: "; ")
    }

    // MARK: Partitions

    func addPartition() {
        log.addPartition()
        server.addPartition()
        auditor.addPartition()
        let partition = log.partitions.count - 1
        producers.append(ProducerState(seed: script.seed &* 31 &+ UInt64(partition), script))
        scheduleSending(partition)
    }

    func appended(to partition: Int) {
        for process in processes where !process.isDead && !process.hasExited {
            process.consumer.appended(to: partition)
        }
    }

    // MARK: Processes

    func start(_ place: Int) {
        let process = makeProcess(self, processes.count, slots[place].instance, random.next())
        processes.append(process)
        trace("process \(process.number) starts as \(process.instance)")
        slots[place].process = process
        slots[place].isStarting = false
        process.start()
    }

    func startLater(_ place: Int, milliseconds: Int64) {
        guard !slots[place].isStarting else { return }
        slots[place].isStarting = true
        time.after(milliseconds) { [self] in
            slots[place].isStarting = false
            if slots[place].process == nil && slots[place].isWanted { start(place) }
        }
    }

    /// A process has ended by itself.
    func exited(_ process: any SimulatedProcess, _ failure: WorkerFailure?, outcomeUnknown: Bool) {
        trace("process \(process.number) has ended: \(failure.map { "\($0)" } ?? "as asked")")
        if outcomeUnknown && failure == nil { faults.occurred(.drainCutShort) }
        guard let place = slots.firstIndex(where: { $0.process === process }) else { return }
        slots[place].process = nil
        if slots[place].isWanted {
            // An orderly end is followed by the next start, a failure by a wait.
            startLater(place, milliseconds: failure == nil ? 300 : 2_000)
        } else {
            let instance = slots[place].instance
            time.after(500) { [self] in coordinator.remove(instance: instance) }
        }
    }

    func kill(_ process: any SimulatedProcess, isHostGone: Bool, restartAfterMilliseconds delay: Int64) {
        trace("process \(process.number) is killed")
        process.kill(isHostGone: isHostGone)
        guard let place = slots.firstIndex(where: { $0.process === process }) else { return }
        slots[place].process = nil
        startLater(place, milliseconds: delay)
    }

    /// Stops a process for a while.
    func stop(_ process: any SimulatedProcess, milliseconds: Int64, counting kind: FaultKind) {
        guard !process.isStopped else { return }
        process.stop()
        let owned = process.consumer.owned
        time.after(milliseconds) { [self] in
            guard !process.isDead, process.isStopped else { return }
            let isOthers = owned.contains { server.tables[$0].progress.map { $0.owner != process.number } ?? false }
            if kind == .zombie ? isOthers : true { faults.occurred(kind) }
            process.proceed()
        }
    }

    /// A process has come to a step at which something was to happen.
    func reached(_ process: any SimulatedProcess, _ order: StepOrder) {
        guard !faults.isCalm else { return }
        steps["\(order.moment.rawValue) \(order.step.rawValue)", default: 0] += 1
        switch order.action {
        case .kill:
            faults.occurred(.killedAtStep)
            kill(process, isHostGone: false, restartAfterMilliseconds: Int64.random(in: 200...3_000, using: &random))
        case .stop(let milliseconds):
            stop(process, milliseconds: milliseconds, counting: .stoppedAtStep)
        }
    }
}
