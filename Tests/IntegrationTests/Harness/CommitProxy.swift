import Synchronization

/// A TCP proxy before PostgreSQL that knows where a checkpoint's transaction begins and where it commits, and can
/// fail there: hold the bytes back, or cut the connection just before or just after the COMMIT.
///
/// It follows the frontend's messages (PostgreSQL's manual, "Message Formats") as far as their frames and the names of
/// the prepared statements that are bound. Plain connections only: its connection string has sslmode=disable.
final class CommitProxy: Sendable {
    enum Fault: Sendable {
        /// Nothing of the transaction reaches the server until `release`.
        case holdAtBegin
        /// Everything but the COMMIT has reached the server, nothing more does until `release`.
        case holdAtCommit
        /// Everything but the COMMIT has reached the server when the connection is cut.
        case cutBeforeCommit
        /// The COMMIT reaches the server, its answer does not reach the client.
        case cutAfterCommit

        var statement: String { if case .holdAtBegin = self { "checkpoint_begin" } else { "checkpoint_commit" } }
    }

    private struct State {
        var armed: (fault: Fault, times: Int)?
        var triggered = 0
    }

    private let relay: LoopbackRelay
    private let state = Mutex(State())

    /// Listens on a port of the system's choice and passes everything on to a server on 127.0.0.1.
    init(upstreamPort: Int) throws {
        relay = try LoopbackRelay(upstreamPort: upstreamPort)
        relay.start { [self] pair in
            let connection = ProxiedConnection(pair)
            return [
                { connection.passAnswers() },
                { [self] in connection.passRequests(fault: takeFault, hold: { relay.hold() }) },
            ]
        }
    }

    /// The way through the proxy, with the rest of a keyword/value connection string.
    func connectionString(_ original: String) -> String {
        "\(original) host=127.0.0.1 port=\(relay.port) sslmode=disable"
    }

    // MARK: Faults

    /// The next `times` checkpoints meet the fault.
    func arm(_ fault: Fault, times: Int = 1) { state.withLock { $0.armed = (fault, times) } }

    /// How many checkpoints have met a fault so far.
    var triggered: Int { state.withLock { $0.triggered } }

    /// How many connections are held now.
    var held: Int { relay.held }

    /// Lets everything go on that is held.
    func release() { relay.release { state.withLock { $0.armed = nil } } }

    /// Ends every connection and the proxy.
    func close() { relay.close() }

    private func takeFault(for statement: String) -> Fault? {
        state.withLock { state in
            guard let armed = state.armed, armed.fault.statement == statement else { return nil }
            state.armed = armed.times > 1 ? (armed.fault, armed.times - 1) : nil
            state.triggered += 1
            return armed.fault
        }
    }
}
