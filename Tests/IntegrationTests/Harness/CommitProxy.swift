import Foundation
import Glibc
import Synchronization
import Testing

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
        var held = 0
        var generation = 0
        var isClosed = false
        var sockets: Set<Int32> = []
    }

    let port: Int
    private let upstreamPort: Int
    private let listener: Int32
    private let condition = NSCondition()
    private let state = Mutex(State())

    /// Listens on a port of the system's choice and passes everything on to a server on 127.0.0.1.
    init(upstreamPort: Int) throws {
        self.upstreamPort = upstreamPort
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = Self.loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listening = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(listening, "no port to listen on")
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in accept() }
    }

    /// The way through the proxy, with the rest of a keyword/value connection string.
    func connectionString(_ original: String) -> String {
        "\(original) host=127.0.0.1 port=\(port) sslmode=disable"
    }

    // MARK: Faults

    /// The next `times` checkpoints meet the fault.
    func arm(_ fault: Fault, times: Int = 1) { state.withLock { $0.armed = (fault, times) } }

    /// How many checkpoints have met a fault so far.
    var triggered: Int { state.withLock { $0.triggered } }

    /// How many connections are held now.
    var held: Int { state.withLock { $0.held } }

    /// Lets everything go on that is held.
    func release() {
        change {
            $0.armed = nil
            $0.generation += 1
        }
    }

    /// Ends every connection and the proxy.
    func close() {
        change { state in
            state.isClosed = true
            for descriptor in state.sockets { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func change(_ body: (inout State) -> Void) {
        condition.lock()
        state.withLock { body(&$0) }
        condition.broadcast()
        condition.unlock()
    }

    private func takeFault(for statement: String) -> Fault? {
        state.withLock { state in
            guard let armed = state.armed, armed.fault.statement == statement else { return nil }
            state.armed = armed.times > 1 ? (armed.fault, armed.times - 1) : nil
            state.triggered += 1
            return armed.fault
        }
    }

    private func hold() {
        condition.lock()
        let generation = state.withLock { state in
            state.held += 1
            return state.generation
        }
        while state.withLock({ $0.generation == generation && !$0.isClosed }) { condition.wait() }
        state.withLock { $0.held -= 1 }
        condition.unlock()
    }

    // MARK: Connections

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 {
                if errno == EINTR { continue }
                break
            }
            guard let server = connectUpstream() else {
                Glibc.close(client)
                continue
            }
            let connection = ProxiedConnection(client: client, server: server)
            let isClosed = state.withLock { state in
                state.sockets.formUnion([client, server])
                return state.isClosed
            }
            if isClosed { connection.cut() }
            Thread.detachNewThread { connection.passAnswers() }
            Thread.detachNewThread { [self] in
                connection.passRequests { [self] in
                    takeFault(for: $0)
                } hold: { [self] in
                    hold()
                }
                state.withLock { state in
                    state.sockets.subtract([client, server])
                }
                connection.release()
            }
        }
        Glibc.close(listener)
    }

    private func connectUpstream() -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let address = Self.loopback(port: UInt16(upstreamPort))
        let isConnected = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return descriptor }
        Glibc.close(descriptor)
        return nil
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
