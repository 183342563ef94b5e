/// Carries one checkpoint to a certain end: committed, refused, or given up. Pure: events go in, the next action
/// comes out; the lane that drives it does the I/O and the waiting.
///
/// A checkpoint's states: committing (may go to reclaiming, waiting or done), waiting before another try (may go
/// to committing or reclaiming), reclaiming (may go to committing, waiting or done), done.
public struct CommitMachine<Output: CheckpointOutput> {
    public enum Action {
        /// Send this checkpoint.
        case commit(Checkpoint<Output>)
        /// The outcome is not known: reconnect and claim these again if they are still ours.
        case reclaim([(partition: Partition, epoch: Epoch)])
        /// Wait so long, then carry out `then`.
        case wait(milliseconds: Int64, then: Retry)
        case done(CommitOutcome<Output>)
    }
    public enum Retry { case commit, reclaim }

    private var pending: [PartitionCut<Output>]
    private var outcome = CommitOutcome<Output>()
    private var failures = 0
    /// The answer to the last COMMIT was lost, and no claim has told what became of it.
    private var isInDoubt = false
    /// Tries of this checkpoint that failed for a passing reason, for telemetry.
    public private(set) var retries = 0
    #if SLUICE_MUTANTS
        /// Guards that are left out, for tests.
        public var mutants = Mutants.ofProcess
    #endif

    public init(_ checkpoint: Checkpoint<Output>) { pending = checkpoint.cuts }

    public func start() -> Action { pending.isEmpty ? .done(outcome) : .commit(Checkpoint(cuts: pending)) }

    public mutating func commitSucceeded() -> Action {
        outcome.committed += pending
        pending = []
        return .done(outcome)
    }

    public mutating func commitFailed(_ error: StoreError) -> Action {
        switch error.code {
        case .fenced(let partitions):
            outcome.fenced += pending.filter { partitions.contains($0.partition) }
            let before = pending.count
            pending.removeAll { partitions.contains($0.partition) }
            // A refusal that names nobody we asked for would be tried for ever.
            if pending.count == before { return giveUp(error) }
            failures = 0
            return start()
        case .transient: return backOff(then: .commit)
        case .outcomeUnknown:
            #if SLUICE_MUTANTS
                if mutants.contains(.outcomeCheck) { return backOff(then: .commit) }
            #endif
            isInDoubt = true
            return backOff(then: .reclaim)
        case .permanent, .cancelled: return giveUp(error)
        }
    }

    /// The wait asked for is over.
    public func retry(_ retry: Retry) -> Action {
        switch retry {
        case .commit: start()
        case .reclaim: .reclaim(pending.map { ($0.partition, $0.epoch) })
        }
    }

    /// - Parameter claims: the partitions that were still ours, with their progress as it is now.
    public mutating func reclaimed(_ claims: [Claim]) -> Action {
        isInDoubt = false
        var undecided: [PartitionCut<Output>] = []
        for var cut in pending {
            guard let claim = claims.first(where: { $0.partition == cut.partition }) else {
                outcome.fenced.append(cut)
                continue
            }
            cut.epoch = claim.epoch
            if claim.progress.nextOffset == cut.progress.nextOffset {
                outcome.committed.append(cut)
            } else if claim.progress.nextOffset == cut.expectedNextOffset {
                undecided.append(cut)
            } else {
                // Ours by epoch, elsewhere by offset: an operator moved it, or a failover lost commits.
                outcome.fenced.append(cut)
            }
        }
        pending = undecided
        return start()
    }

    public mutating func reclaimFailed(_ error: StoreError) -> Action {
        switch error.code {
        case .transient, .outcomeUnknown, .fenced: backOff(then: .reclaim)
        case .permanent, .cancelled: giveUp(error)
        }
    }

    private mutating func giveUp(_ error: StoreError) -> Action {
        outcome.failure = error
        outcome.undecided = pending
        outcome.isInDoubt = isInDoubt
        return .done(outcome)
    }

    private mutating func backOff(then retry: Retry) -> Action {
        failures += 1
        retries += 1
        // 50, 100, 200 ... at most 2,000 ms: short enough that a restarted server is met within the recovery goal.
        return .wait(milliseconds: min(2_000, 50 << Int64(min(failures - 1, 6))), then: retry)
    }
}
