import Streams

/// The server's side of one connection: works through what its client has sent, whether or not the client still is
/// there to hear of it.
final class Backend {
    enum Request {
        /// Raises epochs; with epochs only where the row is still the process's.
        case claim([(partition: Int, epoch: Epoch?)])
        /// BEGIN, the locks.
        case begin([CutRequest])
        /// The compare-and-set of the progress.
        case advance
        /// Results and dead letters.
        case write
        case commit
    }
    enum Reply {
        case claims([Claim])
        case committed
        case refused([Int])
        case lockTimeout
        case serializationFailure
        case rejected
    }
    private enum Transaction {
        case none, open, failed
    }

    let server: SimulatedServer
    let process: Int
    let thread: SimulatedThread
    private unowned let client: SimulatedThread
    private var mailbox: [Request] = []
    private var arrival: Int64 = 0
    private var silentSince: Int64 = 0
    private var transaction = Transaction.none
    private var cuts: [CutRequest] = []
    /// The client's end is closed: what was sent before is still worked through.
    private var isClientGone = false
    /// The session is over: the server or the network ended it.
    private(set) var isBroken = false
    private(set) var reply: Reply?

    init(_ server: SimulatedServer, process: Int, client: SimulatedThread, pool: CoroutinePool) {
        self.server = server
        self.process = process
        self.client = client
        thread = SimulatedThread(server.time, pool)
        silentSince = server.time.now
        server.opened(self)
        thread.start { [self] in run() }
    }

    // MARK: The client's side

    /// Puts a request on its way.
    func send(_ request: Request) {
        guard !isBroken else { return }
        // What is sent first arrives first.
        arrival = max(arrival, server.time.now + server.latency())
        server.time.at(arrival) { [self] in
            guard !isBroken else { return }
            mailbox.append(request)
            thread.wake()
        }
    }

    /// Waits for the reply; nil where the connection is lost, or nothing came in time.
    func awaitReply(limitMilliseconds: Int64 = 30_000) -> Reply? {
        let deadline = server.time.now + limitMilliseconds
        while reply == nil && !isBroken && !client.isDead && server.time.now < deadline { client.park(until: deadline) }
        defer { reply = nil }
        return client.isDead ? nil : reply
    }

    /// The client's end is closed, by itself or because its process is gone.
    func close() {
        isClientGone = true
        thread.wake()
    }

    /// The network ends the connection: the client hears of it at once, the server only after a while, and carries on
    /// with what it has until then.
    func cut(noticedAfterMilliseconds delay: Int64) {
        isLostToClient = true
        client.wake()
        server.time.after(delay) { self.close() }
    }

    private(set) var isLostToClient = false
    /// So long the server takes over a COMMIT whose client has lost the connection.
    var commitDelayMilliseconds: Int64 = 0

    // MARK: The server's side

    /// Ends the session, whatever it is doing: what it had not committed is rolled back.
    func terminate() {
        guard !isBroken else { return }
        isBroken = true
        thread.kill()
        server.closed(self)
        client.wake()
    }

    var isSilentOwner: Bool {
        transaction != .none && mailbox.isEmpty && server.holdsLocks(self) && server.time.now - silentSince >= 4_000
            && !isWorking
    }
    private var isWorking = false

    private func run() {
        while !isBroken {
            if mailbox.isEmpty {
                if isClientGone { break }
                isWorking = false
                thread.park()
                continue
            }
            isWorking = true
            let request = mailbox.removeFirst()
            silentSince = server.time.now
            thread.sleep(server.latency())
            if isBroken { break }
            handle(request)
            silentSince = server.time.now
        }
        if !isBroken {
            isBroken = true
            server.closed(self)
            client.wake()
        }
    }

    private func answer(_ reply: Reply) {
        server.time.after(server.latency()) { [self] in
            guard !isBroken, !isLostToClient else { return }
            self.reply = reply
            client.wake()
        }
    }

    private func fail(_ reply: Reply) {
        transaction = .failed
        server.releaseAll(self)
        answer(reply)
    }

    private func handle(_ request: Request) {
        switch request {
        case .claim(let asked): claim(asked)
        case .begin(let cuts): begin(cuts)
        case .advance where transaction == .open: advance()
        case .write where transaction == .open: write()
        case .commit:
            if transaction == .open { commit() }
            transaction = .none
            cuts = []
        default: break
        }
    }

    private func claim(_ asked: [(partition: Int, epoch: Epoch?)]) {
        var told: [Int: PartitionProgress] = [:]
        if server.mutants.contains(.claimOrder) {
            for (partition, _) in asked { told[partition] = server.tables[partition].progress?.progress }
        }
        for (partition, _) in asked {
            switch server.acquire(partition, for: self) {
            case .held: break
            case .broken: return
            case .timedOut:
                server.releaseAll(self)
                return answer(.lockTimeout)
            }
        }
        var claims: [Claim] = []
        for (partition, epoch) in asked {
            if let epoch, !server.isOwned(partition, epoch, by: process) { continue }
            claims.append(
                server.raise(partition, process: process, told: told[partition], isNew: epoch == nil))
        }
        server.releaseAll(self)
        answer(.claims(claims))
    }

    private func begin(_ cuts: [CutRequest]) {
        transaction = .open
        self.cuts = cuts
        for cut in cuts {
            switch server.acquire(cut.partition, for: self) {
            case .held: break
            case .broken: return
            case .timedOut: return fail(.lockTimeout)
            }
        }
    }

    private func advance() {
        let refused = server.refused(cuts)
        if !refused.isEmpty { fail(.refused(refused)) }
    }

    private func write() {
        if server.faults.strikes(.serializationFailure) { return fail(.serializationFailure) }
        if server.faults.strikes(.writeRejected) { return fail(.rejected) }
        if server.mutants.contains(.deadLetterTransaction) {
            for place in cuts.indices where !cuts[place].deadLetters.isEmpty {
                server.applyDeadLetters(cuts[place].partition, cuts[place].deadLetters, process: process)
                cuts[place].deadLetters = []
            }
        }
    }

    private func commit() {
        if server.faults.strikes(.commitSlow) {
            thread.sleep(Int64.random(in: 300...6_000, using: &server.random))
        }
        thread.sleep(commitDelayMilliseconds)
        if isBroken { return }
        if commitDelayMilliseconds > 0 { server.faults.occurred(.ghostCommit) }
        server.apply(cuts, process: process)
        server.releaseAll(self)
        if server.faults.strikes(.commitReplyLost) {
            cut(noticedAfterMilliseconds: 0)
        } else {
            answer(.committed)
        }
    }
}
