public import Streams

/// A lane without a thread: the commit machine is carried out step by step as the manual clock allows, so that a
/// checkpoint can be in flight for as many rounds as a test wants.
public final class DirectLane<Store: CheckpointStore>: CheckpointLane {
    public typealias Output = Store.Output

    public let store: Store
    private let clock: ManualClock
    /// How long the next call of the store takes, in milliseconds; nil: until `latency` says otherwise.
    public var latency: () -> Int64? = { 0 }
    /// Set to end all waiting, as a lane that was cancelled.
    public var isCancelled = false

    private var machine: CommitMachine<Output>?
    private var action: CommitMachine<Output>.Action?
    private var startedAt: Int64 = 0
    /// nil while the latency of the step is not known.
    private var due: Int64?
    private var ended: CommitOutcome<Output>?
    /// Tries that failed for a passing reason.
    public private(set) var retries = 0
    public private(set) var submitted = 0

    public init(_ store: Store, clock: ManualClock) {
        self.store = store
        self.clock = clock
    }

    public var isBusy: Bool { machine != nil || ended != nil }

    public func claim(_ partitions: [Partition]) throws(StoreError) -> [Claim] {
        // As with a thread of its own: a checkpoint under way comes first.
        while machine != nil {
            guard wait(atMost: .max) else { throw StoreError(.cancelled, "the committer hangs") }
        }
        for _ in 0..<100 where !isCancelled {
            do throws(StoreError) {
                return try store.claim(partitions)
            } catch {
                if error.code == .permanent { throw error }
                clock.advance(milliseconds: 50)
            }
        }
        throw StoreError(.cancelled, "asked to stop while claiming")
    }

    public func submit(_ checkpoint: Checkpoint<Output>) {
        precondition(!isBusy, "one checkpoint at a time")
        submitted += 1
        let machine = CommitMachine(checkpoint)
        action = machine.start()
        self.machine = machine
        begin(at: clock.now)
        pump()
    }

    public func outcome(waitingMilliseconds: Int64) -> CommitOutcome<Output>? {
        pump()
        let (sum, overflow) = clock.now.addingReportingOverflow(waitingMilliseconds)
        let deadline = overflow ? Int64.max : sum
        while ended == nil, machine != nil, clock.now < deadline {
            guard wait(atMost: deadline - clock.now) else { break }
        }
        defer { ended = nil }
        return ended
    }

    /// Moves the clock to the next step, or to the end of the wait. False where nothing more will happen.
    private func wait(atMost milliseconds: Int64) -> Bool {
        if due == nil, let milliseconds = latency() { due = startedAt + milliseconds }
        if let due, due - clock.now <= milliseconds {
            clock.advance(milliseconds: max(0, due - clock.now))
            pump()
            return true
        }
        if milliseconds != .max { clock.advance(milliseconds: milliseconds) }
        return false
    }

    private func begin(at time: Int64) {
        startedAt = time
        due = latency().map { time + $0 }
    }

    /// Carries out the steps whose time has come.
    private func pump() {
        while let current = action {
            if due == nil, let milliseconds = latency() { due = startedAt + milliseconds }
            guard isCancelled || due.map({ $0 <= clock.now }) == true else { return }
            step(current, at: due ?? clock.now)
        }
    }

    private func step(_ current: CommitMachine<Output>.Action, at time: Int64) {
        guard var machine else { return }
        switch current {
        case .done(let outcome):
            retries += machine.retries
            self.machine = nil
            action = nil
            ended = outcome
            return
        case .commit(let checkpoint):
            do throws(StoreError) {
                try store.commit(checkpoint)
                action = machine.commitSucceeded()
            } catch {
                action = machine.commitFailed(error)
            }
        case .reclaim(let owned):
            do throws(StoreError) {
                action = machine.reclaimed(try store.reclaim(owned))
            } catch {
                action = machine.reclaimFailed(error)
            }
        case .wait(_, let retry):
            action = isCancelled ? machine.commitFailed(StoreError(.cancelled, "cancelled")) : machine.retry(retry)
        }
        self.machine = machine
        switch action {
        case .wait(let milliseconds, _):
            startedAt = time
            due = time + milliseconds
        case .done: due = time
        default: begin(at: time)
        }
    }
}
