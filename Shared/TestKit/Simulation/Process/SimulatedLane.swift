import Streams

/// The way from a worker to its store over the process's second thread, as the service's own lane has it: the same
/// order of claims and checkpoints, and the library's own loops and commit machine.
final class SimulatedLane<Output: CheckpointOutput>: CheckpointLane {
    private enum Request {
        case claim([Partition])
        case commit(Checkpoint<Output>)
    }

    private let store: DatabaseSession<Output>
    private let worker: SimulatedThread
    private let committer: SimulatedThread
    private let time: VirtualTime
    private let configure: (inout CommitMachine<Output>) -> Void
    private var request: Request?
    private var isWorking = false
    private var claimed: Result<[Claim], StoreError>?
    private var ended: CommitOutcome<Output>?
    private var isCancelled = false
    private var isClaimingOver = false
    private var hasEnded = false
    private var awaitsOutcome = false

    init(
        _ store: DatabaseSession<Output>, worker: SimulatedThread, committer: SimulatedThread, time: VirtualTime,
        configure: @escaping (inout CommitMachine<Output>) -> Void
    ) {
        self.store = store
        self.worker = worker
        self.committer = committer
        self.time = time
        self.configure = configure
    }

    // MARK: The committer's thread

    func run() {
        while !isCancelled && !committer.isDead {
            guard let next = request else {
                committer.park()
                continue
            }
            request = nil
            isWorking = true
            switch next {
            case .claim(let partitions):
                claimed = store.claimUntilKnown(
                    partitions, pause: { pause(milliseconds: $0, claiming: true) }, retried: { _ in })
            case .commit(let checkpoint): ended = settled(checkpoint)
            }
            isWorking = false
            worker.wake()
        }
        store.disconnect()
        hasEnded = true
        worker.wake()
    }

    func cancel() {
        isCancelled = true
        committer.wake()
    }

    func stopClaiming() {
        isClaimingOver = true
        committer.wake()
    }

    private func pause(milliseconds: Int64, claiming: Bool = false) -> Bool {
        let deadline = time.now + milliseconds
        var goesOn: Bool { !isCancelled && !committer.isDead && !(claiming && isClaimingOver) }
        while goesOn && time.now < deadline { committer.park(until: deadline) }
        return goesOn
    }

    private func settled(_ checkpoint: Checkpoint<Output>) -> CommitOutcome<Output> {
        var machine = CommitMachine(checkpoint)
        configure(&machine)
        return store.commitUntilKnown(
            machine, pause: { pause(milliseconds: $0) }, commitRetried: { _ in }, claimRetried: { _ in })
    }

    // MARK: The worker's thread

    var isBusy: Bool { awaitsOutcome && !worker.isDead }

    func claim(_ partitions: [Partition]) throws(StoreError) -> [Claim] {
        while isWorking && !hasEnded && !worker.isDead { worker.park(until: time.now + 1_000) }
        guard !isCancelled, !hasEnded, !worker.isDead else {
            throw StoreError(.cancelled, "the committer has ended")
        }
        claimed = nil
        request = .claim(partitions)
        committer.wake()
        while claimed == nil && !hasEnded && !worker.isDead { worker.park(until: time.now + 1_000) }
        guard let claimed, !worker.isDead else { throw StoreError(.cancelled, "the committer has ended") }
        return try claimed.get()
    }

    func submit(_ checkpoint: Checkpoint<Output>) {
        precondition(!awaitsOutcome || worker.isDead, "one checkpoint at a time")
        awaitsOutcome = true
        request = .commit(checkpoint)
        isWorking = true
        committer.wake()
    }

    func outcome(waitingMilliseconds: Int64) -> CommitOutcome<Output>? {
        let deadline = time.now + waitingMilliseconds
        while ended == nil && !hasEnded && !worker.isDead && time.now < deadline { worker.park(until: deadline) }
        guard !worker.isDead else { return nil }
        defer { ended = nil }
        if ended != nil { awaitsOutcome = false }
        return ended
    }
}
