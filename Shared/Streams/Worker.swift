/// One consumer of the group: reads, applies, takes checkpoints, answers rebalances. Runs on one thread of its own;
/// only `requestStop` may be called from another.
///
/// It holds no state of its own beyond the time of the next checkpoint: what is owned and how far it is lives in
/// `JobCore`, what is on its way in the lane.
public final class Worker<Logic: EventLogic, Log: Source, Lane: CheckpointLane> where Lane.Output == Logic.Output {
    let core: JobCore<Logic>
    let source: Log
    let lane: Lane
    let clock: any WorkerClock
    let observer: any WorkerObserver
    let settings: WorkerSettings
    let isStopRequested: () -> Bool
    private let probe: (any StepProbe)?

    private var nextCheckpointAt: Int64 = 0
    private var nextUrgencyLookAt: Int64 = 0
    private var nextSampleAt: Int64 = 0
    /// When the log of a partition that could not be compared is asked again.
    private var nextVerificationAt: [Partition: Int64] = [:]
    private var submittedAt: Int64 = 0
    /// Partitions that are not read because the store does not keep up.
    private var paused: Set<Partition> = []
    private var drainDeadline: Int64 = .max
    /// Since when a partition is fenced.
    private var fencedSince: [Partition: Int64] = [:]
    /// The first offset that the log skipped since the last cut.
    private var uncheckedGaps: [Partition: Offset] = [:]
    private var failure: WorkerFailure?

    /// - Parameters:
    ///   - isStopRequested: true once the process was asked to end; read in every round and in every wait.
    ///   - probe: a test's; told of every step.
    public init(
        core: JobCore<Logic>, source: Log, lane: Lane, clock: any WorkerClock, observer: any WorkerObserver,
        settings: WorkerSettings, probe: (any StepProbe)? = nil, isStopRequested: @escaping () -> Bool
    ) {
        self.core = core
        self.source = source
        self.lane = lane
        self.clock = clock
        self.observer = observer
        self.settings = settings
        self.isStopRequested = isStopRequested
        self.probe = probe
    }

    /// Works until it is asked to stop, then drains: commits what was read and gives the partitions back.
    public func run() throws(WorkerFailure) {
        nextCheckpointAt = clock.monotonicMilliseconds() + settings.checkpointIntervalMilliseconds
        while !isStopRequested() && failure == nil { round() }
        drain()
        if let failure { throw failure }
    }

    /// One round: records, outcome, checkpoint, telemetry. A simulation calls it directly.
    public func round() {
        let now = clock.monotonicMilliseconds()
        let untilCheckpoint = max(0, nextCheckpointAt - now)
        // While a checkpoint is on its way no other can be due: waiting for records does not delay it.
        let timeout =
            core.hasPending && !lane.isBusy
            ? min(settings.pollTimeoutMilliseconds, untilCheckpoint) : settings.pollTimeoutMilliseconds
        probe?.reached(.poll, .before)
        source.poll(
            maximum: settings.batchRecords, timeoutMilliseconds: Int32(truncatingIfNeeded: timeout), delegate: self
        ) { batch in
            probe?.reached(.poll, .after)
            core.process(batch, headers: source.headers(of:))
        }
        handleIncidents()
        if core.comparesAtOnce {
            verifySuspects()
            handleIncidents()
        }
        takeOutcome(waitingMilliseconds: 0)
        checkpointIfDue()
        if !fencedSince.isEmpty { claimFencedAgain() }
        telemetry()
    }

    /// Commits what was read and closes the source.
    public func drain() {
        probe?.reached(.drain, .before)
        drainDeadline = clock.monotonicMilliseconds() + settings.drainLimitMilliseconds
        flush(limitMilliseconds: settings.drainLimitMilliseconds)
        source.close(delegate: self)
        handleIncidents()
        probe?.reached(.drain, .after)
    }

    public var lastFailure: WorkerFailure? { failure }

    private func fail(_ code: WorkerFailure.Code, _ message: String) {
        if failure == nil { failure = WorkerFailure(code: code, message: message) }
    }

    // MARK: Checkpoints

    private var pendingShare: Double {
        max(
            Double(core.pendingRows) / Double(settings.maximumPendingRows),
            Double(core.pendingDeadLetterBytes) / Double(settings.maximumPendingDeadLetterBytes))
    }

    private func checkpointIfDue() {
        let now = clock.monotonicMilliseconds()
        let share = pendingShare
        guard core.hasPending, now >= nextCheckpointAt || share >= 1 || isUrgent(at: now) else {
            if !core.hasPending && now >= nextCheckpointAt {
                nextCheckpointAt = now + settings.checkpointIntervalMilliseconds
            }
            // What waited may have gone by another way: with a revoke, or with a partition that was stopped.
            if !core.hasPending && !lane.isBusy { resumeReading() }
            return
        }
        if lane.isBusy && share >= 1 {
            // The store is slower than the log: wait for it a little, then stop reading until it is back.
            takeOutcome(waitingMilliseconds: 500)
            if lane.isBusy {
                if share >= 2 { pauseReading() }
                return
            }
        }
        guard !lane.isBusy else { return }
        submitCut()
        // A partition whose log cannot be compared is not cut: its rows wait, and count.
        if pendingShare >= 2 { pauseReading() } else { resumeReading() }
    }

    /// Whether a checkpoint is due before its time because somebody waits for what it brings about.
    private func isUrgent(at now: Int64) -> Bool {
        guard !lane.isBusy, now >= nextUrgencyLookAt else { return false }
        nextUrgencyLookAt = now + settings.urgencyLookMilliseconds
        return core.hasUrgentOutput
    }

    private func submitCut() {
        verifySuspects()
        checkGaps()
        handleIncidents()
        let now = clock.monotonicMilliseconds()
        nextCheckpointAt = now + settings.checkpointIntervalMilliseconds
        nextUrgencyLookAt = now + settings.urgentCheckpointIntervalMilliseconds
        guard let checkpoint = core.cut() else { return }
        submittedAt = now
        probe?.reached(.handOver, .before)
        #if SLUICE_MUTANTS
            if core.settings.mutants.contains(.commitOrdering) { mirror(checkpoint.cuts) }
        #endif
        lane.submit(checkpoint)
        probe?.reached(.handOver, .after)
    }

    private func takeOutcome(waitingMilliseconds: Int64) {
        guard lane.isBusy, let outcome = lane.outcome(waitingMilliseconds: waitingMilliseconds) else { return }
        let unix = clock.unixMilliseconds()
        let summaries = outcome.committed.map {
            CheckpointSummary(
                partition: $0.partition, records: $0.records, rows: $0.output.output.rowCount,
                oldestTimestampMilliseconds: $0.oldestTimestampMilliseconds,
                newestTimestampMilliseconds: $0.newestTimestampMilliseconds, committedAtUnixMilliseconds: unix)
        }
        observer.checkpointEnded(
            milliseconds: clock.monotonicMilliseconds() - submittedAt, committed: summaries,
            fenced: outcome.fenced.count)
        mirror(outcome.committed)
        core.ended(outcome)
        probe?.reached(.commitAcknowledged, .after)
        if let error = outcome.failure, error.code != .cancelled {
            let places = outcome.undecided.map { "\(source.topic)/\($0.partition) (offsets \($0.applied))" }
            fail(
                .store,
                "the store refused the checkpoint of \(places.joined(separator: ", ")), and "
                    + (outcome.isInDoubt
                        ? "whether it was written is not known, which the next start finds out: "
                        : "nothing of it was written: ")
                    + "\(error.message). Mend the cause, then start the process again")
        }
        handleIncidents()
    }

    /// Tells lag tools how far the partitions that are still owned are committed.
    private func mirror(_ cuts: [PartitionCut<Logic.Output>]) {
        probe?.reached(.mirror, .before)
        source.mirror(
            cuts.compactMap { cut in
                guard core.task(cut.partition) != nil else { return nil }
                return cut.progress.nextOffset.map { (cut.partition, $0) }
            })
        probe?.reached(.mirror, .after)
    }

    /// Waits for what is on its way, then commits the rest and waits for that, up to the limit.
    private func flush(limitMilliseconds: Int64) {
        let deadline = min(drainDeadline, clock.monotonicMilliseconds() + limitMilliseconds)
        for _ in 0..<2 {
            if lane.isBusy { takeOutcome(waitingMilliseconds: max(0, deadline - clock.monotonicMilliseconds())) }
            if lane.isBusy || failure != nil || !core.hasPending { break }
            submitCut()
        }
        if lane.isBusy { takeOutcome(waitingMilliseconds: max(0, deadline - clock.monotonicMilliseconds())) }
    }

    // MARK: Backpressure

    private func pauseReading() {
        let reading = core.owned.filter { !paused.contains($0) }
        guard !reading.isEmpty else { return }
        paused.formUnion(reading)
        source.pause(reading)
        observer.log(level: .warning, message: "reading is paused: the store does not keep up")
    }

    private func resumeReading() {
        guard !paused.isEmpty else { return }
        paused.removeAll()
        let running = core.resumed()
        // A seek as well: a client may have thrown away what it had fetched, or hand out what it should have.
        for (partition, offset) in running {
            core.sought(partition, succeeded: source.seek(partition, to: offset))
        }
        source.resume(running.map(\.partition))
        observer.log(level: .info, message: "reading goes on")
    }

    // MARK: Incidents

    /// - Parameter isAssigning: the partitions are not fetched yet, so what is stopped need not be paused.
    private func handleIncidents(isAssigning: Bool = false) {
        for incident in core.takeIncidents() {
            switch incident {
            case .seek(let partition, let offset):
                core.sought(partition, succeeded: source.seek(partition, to: offset))
            case .stopped(let partition, let reason):
                if !isAssigning { source.pause([partition]) }
                if reason.code == .fenced { fencedSince[partition] = clock.monotonicMilliseconds() }
            case .gap(let partition, let from, _):
                if uncheckedGaps[partition] == nil { uncheckedGaps[partition] = from }
            default: break
            }
            observer.incident(incident)
        }
    }

    /// Compares what was read before a connection was lost, or before an assignment, with what the log holds now. A
    /// partition whose log cannot be asked waits by itself: nothing is committed for it, and the others go on.
    private func verifySuspects() {
        for (partition, anchors) in core.suspects {
            let now = clock.monotonicMilliseconds()
            guard now >= nextVerificationAt[partition] ?? 0 else { continue }
            do throws(SourceError) {
                let bounds = try source.bounds(of: partition)
                // One that is gone may have an older one stand in for it, so this comes to an end.
                var anchors = anchors
                while !anchors.isEmpty {
                    for anchor in anchors {
                        let found =
                            anchor.offset >= bounds.start && anchor.offset < bounds.end
                            ? try source.anchor(of: partition, at: anchor.offset) : nil
                        core.verified(partition, anchor, found: found, bounds: bounds)
                    }
                    anchors = core.suspects.first { $0.partition == partition }?.anchors ?? []
                }
                nextVerificationAt[partition] = nil
            } catch {
                // Asking may have taken seconds, in which nothing else was done: the longer it took, the later again.
                let asked = clock.monotonicMilliseconds()
                nextVerificationAt[partition] = asked + max(500, 2 * (asked - now))
                observer.log(
                    level: .warning, message: "\(source.topic)/\(partition): cannot compare the log: \(error.message)")
            }
        }
    }

    /// Asks where the log begins, once a cut for each partition in which offsets were skipped.
    private func checkGaps() {
        for (partition, from) in uncheckedGaps {
            do throws(SourceError) {
                core.checkedGap(partition, from: from, bounds: try source.bounds(of: partition))
                uncheckedGaps[partition] = nil
            } catch {
                observer.log(
                    level: .warning,
                    message: "\(source.topic)/\(partition): cannot ask where the log begins: \(error.message)")
            }
        }
    }

    /// Takes back partitions that nobody else works on any more although they were fenced here.
    private func claimFencedAgain() {
        let now = clock.monotonicMilliseconds()
        let due = fencedSince.filter { now - $0.value >= settings.fencedRetryMilliseconds }.keys.sorted()
        guard !due.isEmpty, !lane.isBusy else { return }
        let starts = claim(due.filter { core.isFenced($0) })
        for partition in due { fencedSince[partition] = nil }
        for (partition, start) in starts { core.sought(partition, succeeded: source.seek(partition, to: start)) }
        source.resume(starts.map(\.partition))
        handleIncidents()
    }

    // MARK: Telemetry

    private func telemetry() {
        let now = clock.monotonicMilliseconds()
        observer.beat(monotonicMilliseconds: now)
        guard now >= nextSampleAt else { return }
        nextSampleAt = now + 1_000
        let snapshots = core.snapshots()
        var ends: [Partition: Offset] = [:]
        for snapshot in snapshots { ends[snapshot.partition] = source.knownEnd(of: snapshot.partition) }
        observer.sample(snapshots, knownEnds: ends, unixMilliseconds: clock.unixMilliseconds())
    }
}

extension Worker: SourceDelegate {
    public func partitionsAssigned(_ partitions: [Partition]) -> [(partition: Partition, start: Offset)] {
        observer.assigned(partitions)
        let starts = claim(partitions)
        handleIncidents(isAssigning: true)
        return starts
    }

    /// Claims partitions and installs them; returns where each is to be read from.
    private func claim(_ partitions: [Partition]) -> [(partition: Partition, start: Offset)] {
        guard !partitions.isEmpty else { return [] }
        var starts: [(partition: Partition, start: Offset)] = []
        do throws(StoreError) {
            probe?.reached(.claim, .before)
            let claims = try lane.claim(partitions)
            probe?.reached(.claim, .after)
            for claim in claims {
                guard let bounds = askBounds(claim.partition) else { continue }
                if let start = core.assigned(claim, bounds: bounds) { starts.append((claim.partition, start)) }
            }
        } catch {
            if error.code != .cancelled { fail(.store, error.message) }
        }
        // A new assignment is read at once; what was owned before stays as it is.
        paused.subtract(partitions)
        return starts
    }

    private func askBounds(_ partition: Partition) -> LogBounds? {
        let deadline = clock.monotonicMilliseconds() + settings.boundsLimitMilliseconds
        while true {
            do throws(SourceError) {
                return try source.bounds(of: partition)
            } catch {
                observer.log(
                    level: .warning,
                    message: "\(source.topic)/\(partition): cannot ask where the log begins and ends: \(error.message)")
                if isStopRequested() { return nil }
                if clock.monotonicMilliseconds() >= deadline {
                    fail(.source, error.message)
                    return nil
                }
            }
        }
    }

    public func partitionsRevoked(_ partitions: [Partition], lost: Bool) {
        probe?.reached(.revoke, .before)
        // Blocks: once this returns, somebody else may own the partitions.
        #if SLUICE_MUTANTS
            if !core.settings.mutants.contains(.blockingRevoke) {
                flush(limitMilliseconds: settings.revokeLimitMilliseconds)
            }
        #else
            flush(limitMilliseconds: settings.revokeLimitMilliseconds)
        #endif
        paused.subtract(partitions)
        for partition in partitions {
            core.released(partition)
            fencedSince[partition] = nil
            uncheckedGaps[partition] = nil
            nextVerificationAt[partition] = nil
        }
        observer.revoked(partitions, lost: lost)
        probe?.reached(.revoke, .after)
    }

    public func partitionFailed(_ partition: Partition, _ error: SourceError) {
        let bounds = try? source.bounds(of: partition)
        core.sourceFailed(partition, error, bounds: bounds)
    }

    public func connectionLost(_ error: SourceError) {
        core.connectionLost()
        observer.log(level: .warning, message: "connection to the log was lost: \(error.message)")
    }

    public func sourceFailed(_ error: SourceError) {
        fail(error.code == .fencedInstance ? .fencedInstance : .source, error.message)
    }

    public func sourceLogged(level: SourceLogLevel, message: String) { observer.log(level: level, message: message) }
}
