/// One owned partition: its pipeline, where it stands, and what it has not committed yet.
///
/// States: warming (re-reads remembered records; may go to running or stopped), running (may go to stopped),
/// stopped (stays until the partition is assigned again; what was applied before may still be cut).
final class PartitionTask<Logic: EventLogic> {
    enum State {
        /// Records before `target` are only remembered. `complete`: no record of the range is missing so far.
        case warming(target: Offset, anchorSeen: Bool, complete: Bool)
        case running
        case stopped(StopReason)
    }

    let partition: Partition
    var epoch: Epoch
    var state: State
    /// The progress that the store holds.
    var committed: PartitionProgress
    /// What had been counted when the partition was claimed.
    let countersAtClaim: PartitionCounters
    /// The offset that the next record must have.
    var expected: Offset
    /// Until the first expected record has come: what comes instead is from before a seek.
    var awaitingSeek = true
    var reseeks = 0
    /// The record that came first, instead of the expected one, when the last seek was asked for.
    var firstAfterSeek: Offset?
    /// The batch in which a seek was asked for last.
    var seekAskedInBatch: Int64 = 0
    /// The last record that was read and applied, committed or not.
    var anchor: Anchor?
    /// Of a compacted topic: records that were applied before that one, oldest first.
    var olderAnchors: [Anchor]
    let pipeline: UnsafeMutablePointer<PartitionPipeline<Logic>>
    var output: PartitionOutput<Logic.Output>
    var spare: PartitionOutput<Logic.Output>?
    /// Records applied since the last cut.
    var uncut: Int64 = 0
    /// The partition has stopped, and what was applied before is sound.
    var keepsWhatWasRead = false
    var oldestUncut: Int64 = -1
    var newestUncut: Int64 = -1
    /// The timestamp of the last record that was read; -1 before the first.
    var lastTimestamp: Int64 = -1
    /// The oldest timestamp in the cut that is on its way; -1 where none is.
    var oldestInFlight: Int64 = -1
    var inFlight = false
    /// A connection was lost: what the client has fetched is from before it, and has to be fetched again.
    var mustRefetch = false
    /// An anchor that has to be compared with the log before the next cut.
    struct Suspect {
        var anchor: Anchor
        /// The newest anchor that it stands in for, because the log does not hold that one any more; or its own offset.
        var standsFor: Offset
    }
    /// The first and last anchor before a connection was lost, or those that stand in for them.
    var suspects: [Suspect] = []
    /// They are compared at once, whether or not there is anything to commit: the partition was just assigned.
    var comparesAtOnce = false

    init(
        claim: Claim, state: State, expected: Offset, keepsOlderAnchors: Bool,
        pipeline: consuming PartitionPipeline<Logic>,
        outputs: (PartitionOutput<Logic.Output>, PartitionOutput<Logic.Output>)
    ) {
        partition = claim.partition
        epoch = claim.epoch
        committed = claim.progress
        countersAtClaim = claim.progress.counters
        anchor = claim.progress.anchor
        olderAnchors = keepsOlderAnchors ? claim.progress.olderAnchors : []
        self.state = state
        self.expected = expected
        self.pipeline = .allocate(capacity: 1)
        self.pipeline.initialize(to: pipeline)
        output = outputs.0
        spare = outputs.1
    }

    deinit {
        pipeline.deinitialize(count: 1)
        pipeline.deallocate()
    }

    var isStopped: Bool { if case .stopped = state { true } else { false } }
    var isRunning: Bool { if case .running = state { true } else { false } }

    /// Whether a cut has something to take.
    var hasUncut: Bool { uncut > 0 && (isRunning || keepsWhatWasRead) }

    /// The oldest record's timestamp that is read but not committed; -1 where there is none.
    var oldestPending: Int64 {
        oldestInFlight < 0 ? oldestUncut : (oldestUncut < 0 ? oldestInFlight : min(oldestInFlight, oldestUncut))
    }

    /// Notes that a run of records was applied. Once a run, not once a record.
    func noteApplied(first: Record, last: Record, count: Int) {
        uncut += Int64(count)
        // The timestamps of a partition rise but for jitter: the ends of a run stand for it.
        note(timestamp: first.timestampMilliseconds)
        note(timestamp: last.timestampMilliseconds)
        lastTimestamp = last.timestampMilliseconds
        anchor = Anchor(of: last)
    }

    /// Notes a record that was applied as the newest anchor, and keeps the one before it. Once a block of records.
    func passAnchor(_ record: Record) {
        if let anchor, anchor.offset < record.offset { olderAnchors.keep(anchor, behind: record.offset) }
        anchor = Anchor(of: record)
    }

    private func note(timestamp: Int64) {
        guard timestamp >= 0 else { return }
        oldestUncut = oldestUncut < 0 ? timestamp : min(oldestUncut, timestamp)
        newestUncut = max(newestUncut, timestamp)
    }

    /// Takes what was applied since the last cut; nil where that is nothing.
    func cut() -> PartitionCut<Logic.Output>? {
        guard hasUncut, !inFlight, let next = spare else { return nil }
        let full = output
        output = next
        spare = nil
        let progress = pipeline.pointee.progress(
            nextOffset: expected, anchor: anchor, olderAnchors: olderAnchors)
        let result = PartitionCut(
            partition: partition, epoch: epoch, expectedNextOffset: committed.nextOffset, progress: progress,
            closedUntil: committed.streamTime.minus(
                milliseconds: pipeline.pointee.settings.outOfOrdernessMilliseconds),
            output: full, records: uncut, oldestTimestampMilliseconds: oldestUncut,
            newestTimestampMilliseconds: newestUncut)
        inFlight = true
        oldestInFlight = oldestUncut
        uncut = 0
        oldestUncut = -1
        newestUncut = -1
        return result
    }

    /// The cut is committed: its output is free again.
    func committed(_ cut: PartitionCut<Logic.Output>) {
        committed = cut.progress
        epoch = cut.epoch
        cut.output.removeAll()
        spare = cut.output
        inFlight = false
        oldestInFlight = -1
    }
}
