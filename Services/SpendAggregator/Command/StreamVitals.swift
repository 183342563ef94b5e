import Runtime
import Streams
import Synchronization

/// How one stream does, for its objectives: written with the time by the threads that work, read by any. An age goes on growing
/// where the thread that should write it hangs in a claim or a lock.
final class StreamVitals: Sendable {
    private struct State {
        /// Nil while the worker does not run.
        var sampledAt: Int64?
        var ageMilliseconds: Int64 = 0
        var behindMilliseconds: Int64?
        var stoppedPartitions = 0
        var refusedSince: Int64?
        /// When a checkpoint came to an outcome, whichever; at the start the start.
        var lastOutcome: Int64 = 0
    }

    /// No checkpoint takes this long, nor does the refusal of one: the database's time limits are shorter.
    static let outcomeLimitMilliseconds: Int64 = 8_000

    /// The worker samples once a second; only after this long nobody knows any more that nothing waits.
    static let silenceMilliseconds: Int64 = 2_500

    private let state = Mutex(State())
    private let now: @Sendable () -> Int64

    /// - Parameter now: A monotonic clock in milliseconds.
    init(now: @escaping @Sendable () -> Int64 = HealthState.monotonicMilliseconds) { self.now = now }

    // MARK: Written

    /// The worker is about to run.
    func began() {
        state.withLock {
            $0.sampledAt = now()
            $0.lastOutcome = now()
        }
    }

    /// The worker has ended, and is not expected to do anything.
    func ended() { state.withLock { $0 = State() } }

    func sampled(_ snapshots: [PartitionSnapshot], knownEnds: [Partition: Offset], unixMilliseconds: Int64) {
        var oldest: Int64 = 0
        var newest: EventTime?
        var slowest: EventTime?
        for snapshot in snapshots {
            let age = snapshot.ageMilliseconds(now: unixMilliseconds, knownEnd: knownEnds[snapshot.partition])
            oldest = max(oldest, age)
            guard snapshot.streamTime != .distantPast else { continue }
            newest = max(newest ?? snapshot.streamTime, snapshot.streamTime)
            // A partition with nothing to read does not hold the others back.
            if age > 0 { slowest = min(slowest ?? snapshot.streamTime, snapshot.streamTime) }
        }
        // The watermark's delay is in both, and falls out.
        let behind = newest.map { $0.milliseconds - (slowest ?? $0).milliseconds }
        let stopped = snapshots.count { $0.phase == .stopped }
        state.withLock {
            $0.sampledAt = now()
            $0.ageMilliseconds = oldest
            $0.behindMilliseconds = behind
            $0.stoppedPartitions = stopped
        }
    }

    /// The database has refused a commit or a claim.
    func storeRefused() {
        state.withLock {
            $0.refusedSince = $0.refusedSince ?? now()
            $0.lastOutcome = now()
        }
    }

    /// A checkpoint has come to its outcome.
    func checkpointEnded() { state.withLock { $0.lastOutcome = now() } }

    /// It takes them again.
    func storeAccepted() { state.withLock { $0.refusedSince = nil } }

    // MARK: Read

    /// How old the oldest record may be that is in the log and not committed; nil while the worker does not run.
    var oldestUnappliedSeconds: Double? {
        let now = now()
        return state.withLock { state in
            guard let sampledAt = state.sampledAt else { return nil }
            let silence = max(0, now - sampledAt)
            // Nothing waited then; whether something does since, only the worker could say.
            if state.ageMilliseconds == 0, silence <= Self.silenceMilliseconds { return 0 }
            return Double(state.ageMilliseconds + silence) / 1_000
        }
    }

    /// What the age of the oldest record comes from, where no refusal says so: checkpoints that neither succeed nor fail.
    /// Without figures, because each other text would be another series.
    var unappliedCause: String? {
        let now = now()
        return state.withLock { state in
            guard state.sampledAt != nil, state.refusedSince == nil, state.ageMilliseconds > 0,
                now - state.lastOutcome > Self.outcomeLimitMilliseconds
            else { return nil }
            return
                "checkpoints neither succeed nor fail: PostgreSQL does not answer, or another session holds the job's rows"
        }
    }

    /// How far the slowest partition with something to read is behind the newest event; nil before the first event.
    var watermarkBehindSeconds: Double? {
        state.withLock { $0.behindMilliseconds.map { Double($0) / 1_000 } }
    }

    /// For how long the database has refused; 0 where it does not. Nil while the worker does not run.
    var storeRefusedSeconds: Double? {
        let now = now()
        return state.withLock { state in
            guard state.sampledAt != nil else { return nil }
            // Refused in this very millisecond is refused as well.
            return state.refusedSince.map { Double(max(1, now - $0)) / 1_000 } ?? 0
        }
    }

    /// Nil while the worker does not run.
    var stoppedPartitions: Double? {
        state.withLock { state in state.sampledAt.map { _ in Double(state.stoppedPartitions) } }
    }
}
