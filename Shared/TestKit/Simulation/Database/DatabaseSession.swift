import Streams

/// The store of one process: the client's side of its connection, which it makes when it needs one. Blocking; on the
/// committer's thread.
final class DatabaseSession<Output: CheckpointOutput>: CheckpointStore {
    private let server: SimulatedServer
    private let process: Int
    private let thread: SimulatedThread
    private let pool: CoroutinePool
    private let rows: (Output) -> ResultRows
    private let reached: (WorkerStep, StepMoment) -> Void
    private(set) var backend: Backend?

    init(
        _ server: SimulatedServer, process: Int, thread: SimulatedThread, pool: CoroutinePool,
        rows: @escaping (Output) -> ResultRows, reached: @escaping (WorkerStep, StepMoment) -> Void
    ) {
        self.server = server
        self.process = process
        self.thread = thread
        self.pool = pool
        self.rows = rows
        self.reached = reached
    }

    func disconnect() {
        // A process that is gone closes nothing any more: its system does.
        if !thread.isDead { backend?.close() }
        backend = nil
    }

    private func connected() throws(StoreError) -> Backend {
        if let backend, !backend.isBroken, !backend.isLostToClient { return backend }
        disconnect()
        thread.sleep(server.latency())
        if thread.isDead { throw StoreError(.cancelled, "the process is gone") }
        if !server.isUp || server.faults.isOn(.connectionsExhausted) { server.met() }
        guard server.isUp else {
            thread.sleep(20)
            throw StoreError(.transient, "the database system is starting up")
        }
        if server.faults.strikes(.connectionsExhausted) {
            throw StoreError(.transient, "sorry, too many clients already")
        }
        let fresh = Backend(server, process: process, client: thread, pool: pool)
        backend = fresh
        return fresh
    }

    /// The reply to what was sent; a lost connection is an outcome that nobody knows.
    private func reply(_ backend: Backend) throws(StoreError) -> Backend.Reply {
        guard let reply = backend.awaitReply() else {
            server.met()
            disconnect()
            throw StoreError(.outcomeUnknown, "server closed the connection unexpectedly")
        }
        switch reply {
        case .claims, .committed: break
        default: server.met()
        }
        switch reply {
        case .lockTimeout: throw StoreError(.transient, "canceling statement due to lock timeout")
        case .serializationFailure: throw StoreError(.transient, "could not serialize access")
        case .rejected: throw StoreError(.permanent, "new row violates check constraint")
        case .refused(let partitions):
            throw StoreError(.fenced(partitions.map { Partition(Int32($0)) }), "epoch or offset did not match")
        default: return reply
        }
    }

    // MARK: Claims

    func claim(_ partitions: [Partition]) throws(StoreError) -> [Claim] {
        try claims(partitions.sorted().map { (Int($0.rawValue), nil) })
    }

    func reclaim(_ owned: [(partition: Partition, epoch: Epoch)]) throws(StoreError) -> [Claim] {
        try claims(owned.sorted { $0.partition < $1.partition }.map { (Int($0.partition.rawValue), $0.epoch) })
    }

    private func claims(_ asked: [(partition: Int, epoch: Epoch?)]) throws(StoreError) -> [Claim] {
        let backend = try connected()
        backend.send(.claim(asked))
        do throws(StoreError) {
            guard case .claims(let claims) = try reply(backend) else { return [] }
            return claims
        } catch {
            // Where the rows stay locked, whoever holds them and is silent loses its session.
            if error.code == .transient && !thread.isDead { server.endSilentOwners(but: backend) }
            throw error
        }
    }

    // MARK: Commits

    func commit(_ checkpoint: Checkpoint<Output>) throws(StoreError) {
        let backend = try connected()
        let cuts = checkpoint.cuts.map { cut in
            CutRequest(
                partition: Int(cut.partition.rawValue), epoch: cut.epoch, expectedNextOffset: cut.expectedNextOffset,
                progress: cut.progress, rows: rows(cut.output.output), deadLetters: cut.output.deadLetters)
        }
        if drops(.droppedBefore, backend) { throw lost() }
        send(.begin(cuts), as: .begin, to: backend)
        send(.advance, as: .progressUpdate, to: backend)
        if drops(.droppedInside, backend) { throw lost() }
        send(.write, as: .write, to: backend)
        send(.commit, as: .commitSent, to: backend)
        if !thread.isDead, server.faults.draws(.ghostCommit) {
            // The server has it and is slow; nobody will tell this client.
            backend.commitDelayMilliseconds = Int64.random(in: 100...8_000, using: &server.random)
            backend.cut(noticedAfterMilliseconds: 20_000)
        }
        reached(.commitAcknowledged, .before)
        _ = try reply(backend)
        reached(.commitAcknowledged, .after)
    }

    private func send(_ request: Backend.Request, as step: WorkerStep, to backend: Backend) {
        reached(step, .before)
        if thread.isDead { return }
        backend.send(request)
        reached(step, .after)
    }

    private func drops(_ kind: FaultKind, _ backend: Backend) -> Bool {
        guard !thread.isDead, server.faults.strikes(kind) else { return false }
        backend.cut(noticedAfterMilliseconds: Int64.random(in: 0...3_000, using: &server.random))
        return true
    }

    private func lost() -> StoreError {
        server.met()
        disconnect()
        return StoreError(.outcomeUnknown, "could not receive data from server: Connection reset by peer")
    }
}
