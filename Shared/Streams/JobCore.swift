/// The state of a worker's partitions: what is owned, how far it is, what is to be committed. Pure: no clock, no
/// I/O; a shell feeds it claims, records and outcomes and carries out what it returns.
public final class JobCore<Logic: EventLogic> {
    public let job: String
    public let topic: String
    public let logic: Logic
    public let settings: StreamSettings
    /// With a blank behind them: what the operators' command needs besides to find this installation.
    private let operatorFlags: String
    private let probe: (any StepProbe)?

    var tasks: [PartitionTask<Logic>?] = []
    let scratch: BlockScratch<Logic.Event>
    /// Filled while records are processed; taken by the shell after each batch.
    public internal(set) var incidents: [CoreIncident] = []
    /// Records that were not expected (of partitions not owned, or from before a seek) and thrown away.
    public private(set) var discarded: Int64 = 0
    private var freeOutputs: [PartitionOutput<Logic.Output>] = []
    /// Counts the batches, so that a seek is asked for once a batch and not once a run of records.
    private var batchNumber: Int64 = 0
    /// A client that does not come to the place that it was asked for is given up after so many seeks.
    private static var maximumReseeks: Int { 100 }

    public init(
        job: String, topic: String, logic: Logic, settings: StreamSettings, operatorFlags: String = "",
        probe: (any StepProbe)? = nil
    ) {
        self.job = job
        self.topic = topic
        self.logic = logic
        self.probe = probe
        self.operatorFlags = operatorFlags.isEmpty ? "" : operatorFlags + " "
        #if SLUICE_MUTANTS
            var settings = settings
            if settings.mutants.contains(.deduplication) { settings.deduplicates = false }
        #endif
        self.settings = settings
        scratch = BlockScratch(blank: logic.blankEvent)
    }

    /// Takes what happened since the last call.
    public func takeIncidents() -> [CoreIncident] {
        guard !incidents.isEmpty else { return [] }
        defer { incidents.removeAll(keepingCapacity: true) }
        return incidents
    }

    // MARK: Assignment

    /// A partition was claimed. Returns the offset to read from; nil where it must not be read (an incident says why).
    public func assigned(_ claim: Claim, bounds: LogBounds) -> Offset? {
        var pipeline = PartitionPipeline(logic: logic, settings: settings, progress: claim.progress)
        guard let next = claim.progress.nextOffset else {
            // First start: the log's beginning, wherever that is. Nothing was applied, so nothing is missing.
            pipeline.begin(at: bounds.start)
            install(claim, .running, expected: bounds.start, pipeline)
            if claim.epoch == Epoch(1) { incidents.append(.appeared(claim.partition, at: bounds.start)) }
            return bounds.start
        }
        #if SLUICE_MUTANTS
            if settings.mutants.contains(.logBounds), next < bounds.start || next > bounds.end {
                install(claim, .running, expected: bounds.start, pipeline)
                return bounds.start
            }
            if settings.mutants.contains(.warmUp) {
                pipeline.setStreamTime(claim.progress.streamTime)
                install(claim, .running, expected: next, pipeline)
                return next
            }
        #endif
        if let reason = outOfBounds(claim.partition, next, bounds, committed: next) {
            install(claim, .stopped(reason), expected: next, pipeline)
            incidents.append(.stopped(claim.partition, reason))
            return nil
        }
        let warmUp = WarmUpStart(claim.progress, next: next, bounds: bounds, settings: settings)
        if let missing = warmUp.missing {
            incidents.append(
                .horizonIncomplete(claim.partition, missingFrom: missing.from, through: missing.through))
        }
        let isRead = warmUp.offset < next
        pipeline.setStreamTime(isRead ? warmUp.streamTime : claim.progress.streamTime)
        // What lies before the place where reading begins is not met there.
        let passed = claim.progress.anchor.flatMap { $0.offset < warmUp.offset ? $0 : nil }
        let task = install(
            claim,
            isRead ? .warming(target: next, anchorSeen: false, complete: warmUp.isComplete) : .running,
            expected: isRead ? warmUp.offset : next, pipeline)
        if let passed { isGone(passed, of: task) }
        return task.expected
    }

    /// - Parameters:
    ///   - next: the offset to read next.
    ///   - committed: the one that the progress row has; nil where nothing was ever committed.
    func outOfBounds(
        _ partition: Partition, _ next: Offset, _ bounds: LogBounds, committed: Offset?
    ) -> StopReason? {
        if next < bounds.start {
            return StopReason(
                .recordsGone,
                "\(topic)/\(partition): offsets \(next) to \(bounds.start.previous) were removed from the log before "
                    + "they were applied (the log begins at \(bounds.start)). Raise the topic's retention; restore them, "
                    + "or decide with finance to accept the gap: "
                    + operatorMove(partition, "--accept-gap-to \(bounds.start)"))
        }
        if next > bounds.end, (committed ?? bounds.start) <= bounds.end {
            return StopReason(
                .logTruncated,
                "\(topic)/\(partition): the log ends at \(bounds.end), but records up to \(next.previous) were read. The "
                    + "topic was truncated or created again. " + Self.nothingCommitted)
        }
        if next > bounds.end {
            return StopReason(
                .logTruncated,
                "\(topic)/\(partition): the log ends at \(bounds.end), but records up to \(next.previous) were "
                    + "applied. The topic was truncated or created again; compare it with its replicas before going on: "
                    + operatorMove(
                        partition, "--accept-truncation-at \(bounds.end) (or --new-log-from \(bounds.start))"))
        }
        return nil
    }

    /// What to do where another log was noticed before anything that it contradicts is known to be committed.
    static var nothingCommitted: String {
        "Nothing of what is missing is known to be committed: start the process again, and it goes on from what is, or "
            + "says what has to be decided"
    }

    /// The operators' command that moves the partition once it is decided how.
    func operatorMove(_ partition: Partition, _ move: String) -> String {
        "sluice progress set \(operatorFlags)--job \(job) --topic \(topic) --partition \(partition) \(move) --reason ..."
    }

    @discardableResult
    private func install(
        _ claim: Claim, _ state: PartitionTask<Logic>.State, expected: Offset,
        _ pipeline: consuming PartitionPipeline<Logic>
    ) -> PartitionTask<Logic> {
        let index = Int(claim.partition.rawValue)
        while tasks.count <= index { tasks.append(nil) }
        let task = PartitionTask(
            claim: claim, state: state, expected: expected, keepsOlderAnchors: settings.isCompacted,
            pipeline: pipeline, outputs: (freeOutput(), freeOutput()))
        tasks[index] = task
        return task
    }

    private func freeOutput() -> PartitionOutput<Logic.Output> {
        freeOutputs.popLast() ?? PartitionOutput(logic.makeOutput())
    }

    /// The partition is not owned any more. What was not committed is forgotten; the log has it.
    public func released(_ partition: Partition) {
        let index = Int(partition.rawValue)
        guard index < tasks.count, let task = tasks[index] else { return }
        tasks[index] = nil
        // An output that is still on its way belongs to the lane.
        task.output.removeAll()
        freeOutputs.append(task.output)
        if let spare = task.spare { freeOutputs.append(spare) }
    }

    func task(_ partition: Partition) -> PartitionTask<Logic>? {
        let index = Int(partition.rawValue)
        return index >= 0 && index < tasks.count ? tasks[index] : nil
    }

    public var owned: [Partition] { tasks.compactMap { $0?.partition } }

    // MARK: Records

    /// Applies a batch: runs of records of one partition, each in the order of offsets.
    public func process(_ batch: UnsafeBufferPointer<Record>, headers: (Record) -> [RecordHeader]) {
        guard let base = batch.baseAddress else { return }
        batchNumber += 1
        var start = 0
        while start < batch.count {
            let partition = base[start].partition
            var end = start + 1
            while end < batch.count && base[end].partition == partition { end += 1 }
            if let task = task(partition), task.mustRefetch, !task.isStopped {
                discarded += Int64(end - start)
                refetch(task)
            } else if let task = task(partition), !task.isStopped {
                process(run: base + start, count: end - start, task, headers: headers)
            } else {
                discarded += Int64(end - start)
            }
            start = end
        }
    }

    /// Asks, once a batch, for what the client has to fetch again.
    private func refetch(_ task: PartitionTask<Logic>) {
        guard task.seekAskedInBatch != batchNumber else { return }
        task.seekAskedInBatch = batchNumber
        incidents.append(.seek(task.partition, task.expected))
    }

    private func process(
        run: UnsafePointer<Record>, count: Int, _ task: PartitionTask<Logic>, headers: (Record) -> [RecordHeader]
    ) {
        var position = 0
        var applied = -1
        var appliedCount = 0
        var firstApplied = 0
        defer {
            if applied >= 0 { task.noteApplied(first: run[firstApplied], last: run[applied], count: appliedCount) }
        }
        while position < count {
            let offset = run[position].offset
            if offset < task.expected && !appliesAnything {
                discarded += 1
                position += 1
                continue
            }
            if offset > task.expected && !admitGap(task, offset) {
                discarded += Int64(count - position)
                return
            }
            task.awaitingSeek = false
            task.reseeks = 0
            task.firstAfterSeek = nil
            let length = contiguous(run + position, limit: min(BlockScratch<Logic.Event>.size, count - position))
            if case .warming(let target, _, _) = task.state {
                position += warmUp(run + position, count: length, task, target: target)
                if task.isStopped { return }
                continue
            }
            probe?.reached(.decode, .before)
            logic.applyBlock(
                &task.pipeline.pointee, run + position, count: length, scratch: scratch, output: task.output,
                headers: headers)
            probe?.reached(.decode, .after)
            task.expected = run[position + length - 1].offset.next
            if settings.isCompacted { task.passAnchor(run[position + length - 1]) }
            if applied < 0 { firstApplied = position }
            applied = position + length - 1
            appliedCount += length
            position += length
            if task.pipeline.pointee.rememberedIDs > settings.maximumRememberedIDs {
                stop(task, horizonLimitReached(task))
                return
            }
        }
    }

    /// Without the guard of the expected record.
    private var appliesAnything: Bool {
        #if SLUICE_MUTANTS
            settings.mutants.contains(.expectedRecord)
        #else
            false
        #endif
    }

    private func contiguous(_ records: UnsafePointer<Record>, limit: Int) -> Int {
        let first = records[0].offset.rawValue
        var length = 1
        while length < limit && records[length].offset.rawValue == first &+ Int64(length) { length += 1 }
        return length
    }

    /// An offset beyond the expected one: from before a seek, or a real gap. True where it is to be processed.
    private func admitGap(_ task: PartitionTask<Logic>, _ offset: Offset) -> Bool {
        // What else is in the batch was fetched before the seek that it caused.
        if task.awaitingSeek && task.seekAskedInBatch == batchNumber { return false }
        // A real gap shows the same record first after a seek; what was fetched before it shows another each time.
        if task.awaitingSeek && task.firstAfterSeek != offset {
            task.firstAfterSeek = offset
            task.seekAskedInBatch = batchNumber
            task.reseeks += 1
            if task.reseeks > Self.maximumReseeks {
                stop(
                    task,
                    StopReason(
                        .sourceError,
                        "\(topic)/\(task.partition): after \(Self.maximumReseeks) seeks to offset \(task.expected) "
                            + "the client still hands out others (\(offset) last). Start the process again"))
            } else {
                incidents.append(.seek(task.partition, task.expected))
            }
            return false
        }
        if case .warming(let target, let seen, _) = task.state {
            task.state = .warming(target: target, anchorSeen: seen, complete: false)
            guard offset >= target else {
                task.expected = offset
                return true
            }
            finishWarmUp(task)
            if task.isStopped { return false }
            if offset == task.expected { return true }
        }
        guard !settings.isContiguous else {
            stop(task, offsetsMissing(task, before: offset), keepsWhatWasRead: true)
            return false
        }
        incidents.append(.gap(task.partition, from: task.expected, through: offset.previous))
        task.pipeline.pointee.countSkipped(offset.rawValue - task.expected.rawValue)
        task.expected = offset
        return true
    }

    private func offsetsMissing(_ task: PartitionTask<Logic>, before offset: Offset) -> StopReason {
        StopReason(
            .offsetsMissing,
            "\(topic)/\(task.partition): the log does not hold offsets \(task.expected) to \(offset.previous), and the "
                + "job declares the topic contiguous. Ask who compacts it, writes to it in transactions, or lost a "
                + "batch; then correct the declaration (kafka.contiguous), or accept the gap: "
                + operatorMove(task.partition, "--accept-gap-to \(offset)"))
    }

    // MARK: Warm-up

    /// Remembers records that were applied before. Returns how many were used; the rest is to be applied.
    private func warmUp(
        _ records: UnsafePointer<Record>, count: Int, _ task: PartitionTask<Logic>, target: Offset
    ) -> Int {
        let first = records[0].offset
        var used = min(count, Int(target.rawValue - first.rawValue))
        // Only where an operator moved the partition does a mark know more than the records before it tell.
        let marks = task.committed.marks
        task.pipeline.pointee.raiseStreamTime(to: marks.last { $0.offset <= first })
        if let next = marks.first(where: { $0.offset > first }) {
            used = min(used, Int(next.offset.rawValue - first.rawValue))
        }
        probe?.reached(.warmUp, .before)
        logic.warmUpBlock(&task.pipeline.pointee, records, count: used, scratch: scratch)
        probe?.reached(.warmUp, .after)
        if let anchor = task.committed.anchor, case .warming(_, let seen, let complete) = task.state, !seen {
            let place = anchor.offset.rawValue - records[0].offset.rawValue
            if place >= 0 && place < Int64(used) {
                if let mismatch = compare(
                    task.partition, anchor, with: Anchor(of: records[Int(place)]), committed: target)
                {
                    stop(task, mismatch)
                    return used
                }
                task.state = .warming(target: target, anchorSeen: true, complete: complete)
            }
        }
        task.expected = records[used - 1].offset.next
        if task.expected >= target { finishWarmUp(task) }
        return used
    }

    private func finishWarmUp(_ task: PartitionTask<Logic>) {
        guard case .warming(let target, let seen, let complete) = task.state else { return }
        let stored = task.committed.streamTime
        task.pipeline.pointee.raiseStreamTime(to: task.committed.marks.last { $0.offset <= target })
        let found = task.pipeline.pointee.currentStreamTime
        // Missing records can only make it smaller.
        if found > stored || (complete && found != stored) {
            stop(
                task,
                StopReason(
                    .warmUpMismatch,
                    "\(topic)/\(task.partition): reading the records before offset \(target) again gave the stream "
                        + "time \(found) where \(stored) was stored. The log, or the rules by which records are "
                        + "judged, changed under the job; compare the versions that ran. Where the new rules are meant: "
                        + operatorMove(task.partition, "--forget-ids")))
            return
        }
        if let anchor = task.committed.anchor, !seen { isGone(anchor, of: task) }
        task.pipeline.pointee.setStreamTime(stored)
        task.state = .running
        task.expected = target
        incidents.append(.warmedUp(task.partition, ids: task.pipeline.pointee.rememberedIDs))
    }

    /// Retention has overtaken a warm-up: what it has not read yet was applied before, so only duplicates of it are
    /// not recognised any more. False where that is not what happened.
    private func skipWarmUp(of task: PartitionTask<Logic>, to start: Offset) -> Bool {
        guard case .warming(let target, let seen, _) = task.state, task.expected < start, start <= target else {
            return false
        }
        if settings.deduplicates {
            incidents.append(.horizonIncomplete(task.partition, missingFrom: task.expected, through: start.previous))
        }
        task.state = .warming(target: target, anchorSeen: seen, complete: false)
        task.expected = start
        task.awaitingSeek = true
        task.reseeks = 0
        task.firstAfterSeek = nil
        if start == target { finishWarmUp(task) }
        if !task.isStopped { incidents.append(.seek(task.partition, start)) }
        return true
    }

    private func horizonLimitReached(_ task: PartitionTask<Logic>) -> StopReason {
        StopReason(
            .horizonLimit,
            "\(topic)/\(task.partition): more than \(settings.maximumRememberedIDs) ids lie within the deduplication "
                + "horizon at offset \(task.expected). Raise the limit (and memory) or shorten the horizon, and start "
                + "the process again")
    }

    // MARK: The source is what it was

    /// What the log skipped is an error where its beginning has passed it: then records are gone, not skipped.
    public func checkedGap(_ partition: Partition, from: Offset, bounds: LogBounds) {
        guard let task = task(partition), !task.isStopped || task.hasUncut, from < bounds.start else { return }
        if let reason = outOfBounds(partition, from, bounds, committed: task.committed.nextOffset) {
            stop(task, reason)
        }
    }

    /// Whether the partition stands still because somebody else had claimed it.
    public func isFenced(_ partition: Partition) -> Bool {
        if case .stopped(let reason) = task(partition)?.state { reason.code == .fenced } else { false }
    }

    /// A seek was carried out, or failed: then it is asked for again, and nothing counts as a gap before one has gone
    /// through.
    public func sought(_ partition: Partition, succeeded: Bool) {
        guard let task = task(partition) else { return }
        if succeeded {
            task.mustRefetch = false
            return
        }
        task.reseeks = 0
        // The same record would come first again, and must not be taken for the one behind a gap.
        task.firstAfterSeek = nil
    }

    /// Consumption starts again after a pause or a seek: what comes first must be the expected record.
    /// Returns where each running partition goes on.
    public func resumed() -> [(partition: Partition, offset: Offset)] {
        tasks.compactMap { task in
            guard let task, !task.isStopped else { return nil }
            task.awaitingSeek = true
            task.reseeks = 0
            task.firstAfterSeek = nil
            return (task.partition, task.expected)
        }
    }

    // MARK: Checkpoints

    /// Takes what every partition has applied since its last cut, one that stopped since included; nil where that is
    /// nothing.
    public func cut() -> Checkpoint<Logic.Output>? {
        let cuts = tasks.compactMap { task in
            // A partition whose log is in doubt waits until it is compared.
            task.flatMap { $0.suspects.isEmpty ? $0.cut() : nil }
        }
        return cuts.isEmpty ? nil : Checkpoint(cuts: cuts)
    }

    /// The outcome of the checkpoint that was on its way.
    public func ended(_ outcome: CommitOutcome<Logic.Output>) {
        for cut in outcome.committed {
            if let task = task(cut.partition), task.inFlight {
                task.committed(cut)
            } else {
                reuse(cut.output)
            }
        }
        for cut in outcome.fenced {
            incidents.append(.fenced(cut.partition, cut.epoch))
            if let task = task(cut.partition), task.inFlight {
                task.inFlight = false
                stop(
                    task,
                    StopReason(
                        .fenced,
                        "\(topic)/\(cut.partition): another owner has claimed the partition: the commit of offsets "
                            + "\(cut.applied) under epoch \(cut.epoch) was refused, and nothing of it was written. It "
                            + "goes on there; if this repeats, sluice progress shows who claims it"))
            }
            reuse(cut.output)
        }
    }

    private func reuse(_ output: PartitionOutput<Logic.Output>) {
        output.removeAll()
        freeOutputs.append(output)
    }

    /// The client cannot read the partition any further.
    public func sourceFailed(_ partition: Partition, _ error: SourceError, bounds: LogBounds?) {
        guard let task = task(partition), !task.isStopped else { return }
        if let bounds, skipWarmUp(of: task, to: bounds.start) { return }
        // What was read before is committed once the log is found to be the one that it was read from.
        if task.hasUncut { suspect(task) }
        if let bounds,
            let reason = outOfBounds(
                partition, task.expected, bounds, committed: task.committed.nextOffset)
        {
            stop(task, reason, keepsWhatWasRead: reason.code == .recordsGone)
        } else {
            let message =
                "\(topic)/\(partition) at offset \(task.expected): \(error.message). Mend it there, then start the "
                + "process again"
            stop(task, StopReason(.sourceError, message), keepsWhatWasRead: true)
        }
    }

    /// - Parameter keepsWhatWasRead: what was applied before the stop is sound and goes with the next cut: it may be
    ///   gone from the log by the time that somebody starts the partition again.
    func stop(_ task: PartitionTask<Logic>, _ reason: StopReason, keepsWhatWasRead: Bool = false) {
        task.state = .stopped(reason)
        task.keepsWhatWasRead = keepsWhatWasRead
        if !keepsWhatWasRead {
            task.uncut = 0
            task.output.removeAll()
        }
        incidents.append(.stopped(task.partition, reason))
    }
}
