import Glibc
public import Streams

/// What the committer tells of a checkpoint that did not go through at once. Called on the committer's thread.
public protocol CommitterObserver: AnyObject, Sendable {
    /// A try failed for a passing reason and is repeated.
    func commitRetried(_ error: StoreError)
    /// Claiming failed for a passing reason and is repeated.
    func claimRetried(_ error: StoreError)
}

/// The way from a worker to its store over a thread of its own: the worker processes the next batch while the last
/// checkpoint is being committed.
///
/// The store belongs to the committer's thread from `start` on. `claim`, `submit` and `outcome` are called from the
/// worker's thread; `cancel` from any.
public final class CommitterLane<Store: CheckpointStore>: CheckpointLane, @unchecked Sendable {
    public typealias Output = Store.Output

    private enum Request {
        case claim([Partition])
        case commit(Checkpoint<Output>)
    }

    private let store: Store
    private let observer: any CommitterObserver
    private let monitor = Monitor()
    // Guarded by the monitor.
    private var request: Request?
    private var isWorking = false
    private var claimed: Result<[Claim], StoreError>?
    private var ended: CommitOutcome<Output>?
    private var isCancelled = false
    private var isClaimingOver = false
    private var hasEnded = false
    // The worker's thread only.
    private var awaitsOutcome = false

    public init(_ store: Store, observer: any CommitterObserver) {
        self.store = store
        self.observer = observer
    }

    /// The committer's thread: returns after `cancel`.
    public func run() {
        while let next = nextRequest() {
            switch next {
            case .claim(let partitions):
                let result = store.claimUntilKnown(
                    partitions, pause: { pause(milliseconds: $0, claiming: true) }, retried: observer.claimRetried)
                finish { claimed = result }
            case .commit(let checkpoint):
                let outcome = store.commitUntilKnown(
                    CommitMachine(checkpoint), pause: { pause(milliseconds: $0) },
                    commitRetried: observer.commitRetried, claimRetried: observer.claimRetried)
                finish { ended = outcome }
            }
        }
        store.disconnect()
        monitor.locked {
            hasEnded = true
            monitor.wake()
        }
    }

    /// Ends all waiting and, once nothing is under way, the thread.
    public func cancel() {
        monitor.locked {
            isCancelled = true
            monitor.wake()
        }
    }

    /// Ends the waiting for claims, now and later; commits go on. Called when the process is asked to end.
    public func stopClaiming() {
        monitor.locked {
            isClaimingOver = true
            monitor.wake()
        }
    }

    private func nextRequest() -> Request? {
        monitor.locked {
            while request == nil && !isCancelled {
                monitor.wait(untilMonotonicMilliseconds: Monitor.monotonicMilliseconds() + 60_000)
            }
            defer { request = nil }
            isWorking = request != nil
            return request
        }
    }

    private func finish(_ body: () -> Void) {
        monitor.locked {
            body()
            isWorking = false
            monitor.wake()
        }
    }

    /// Waits, unless cancelled meanwhile. True where it may go on.
    private func pause(milliseconds: Int64, claiming: Bool = false) -> Bool {
        let deadline = Monitor.monotonicMilliseconds() + milliseconds
        return monitor.locked {
            var goesOn: Bool { !isCancelled && !(claiming && isClaimingOver) }
            while goesOn && Monitor.monotonicMilliseconds() < deadline {
                monitor.wait(untilMonotonicMilliseconds: deadline)
            }
            return goesOn
        }
    }

    // MARK: The worker's thread

    public var isBusy: Bool { awaitsOutcome }

    public func claim(_ partitions: [Partition]) throws(StoreError) -> [Claim] {
        let result = monitor.locked { () -> Result<[Claim], StoreError> in
            // A checkpoint that outlived its revoke comes first: its locks and its outcome are older.
            while isWorking && !hasEnded { waitAWhile() }
            guard !isCancelled, !hasEnded else {
                return .failure(StoreError(.cancelled, "the committer has ended"))
            }
            claimed = nil
            request = .claim(partitions)
            monitor.wake()
            while claimed == nil && !hasEnded { waitAWhile() }
            return claimed ?? .failure(StoreError(.cancelled, "the committer has ended"))
        }
        return try result.get()
    }

    private func waitAWhile() {
        monitor.wait(untilMonotonicMilliseconds: Monitor.monotonicMilliseconds() + 1_000)
    }

    public func submit(_ checkpoint: Checkpoint<Output>) {
        precondition(!awaitsOutcome, "one checkpoint at a time")
        awaitsOutcome = true
        monitor.locked {
            request = .commit(checkpoint)
            // From here on it counts as under way, although the thread may not have woken yet.
            isWorking = true
            monitor.wake()
        }
    }

    public func outcome(waitingMilliseconds: Int64) -> CommitOutcome<Output>? {
        let deadline = Monitor.monotonicMilliseconds() + waitingMilliseconds
        let outcome = monitor.locked { () -> CommitOutcome<Output>? in
            while ended == nil && !hasEnded && Monitor.monotonicMilliseconds() < deadline {
                monitor.wait(untilMonotonicMilliseconds: deadline)
            }
            defer { ended = nil }
            return ended
        }
        if outcome != nil { awaitsOutcome = false }
        return outcome
    }
}
