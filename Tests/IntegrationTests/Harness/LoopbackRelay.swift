import Foundation
import Glibc
import Synchronization
import Testing

/// A port of this machine before a server on it: accepts, connects on, and ends what is open. What passes through, and
/// what is held back, is the business of the proxy that owns it.
final class LoopbackRelay: Sendable {
    private struct State {
        var held = 0
        var generation = 0
        var isClosed = false
        var pairs: [ObjectIdentifier: RelayedPair] = [:]
    }

    let port: Int
    private let upstreamPort: Int
    private let listener: Int32
    private let condition = NSCondition()
    private let state = Mutex(State())

    /// Listens on a port of the system's choice; nothing is accepted before `start`.
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
    }

    /// Accepts from now on. For each connection `directions` gives what passes the requests on and what passes the
    /// answers on; each runs on a thread of its own and returns when its direction has ended.
    func start(_ directions: @escaping @Sendable (RelayedPair) -> [@Sendable () -> Void]) {
        Thread.detachNewThread { [self] in
            while let pair = accept() {
                for direction in directions(pair) {
                    Thread.detachNewThread { [self] in
                        direction()
                        pair.cut()
                        if pair.release() { state.withLock { $0.pairs[ObjectIdentifier(pair)] = nil } }
                    }
                }
            }
            Glibc.close(listener)
        }
    }

    /// Ends every connection and the relay.
    func close() {
        change { state in
            state.isClosed = true
            for pair in state.pairs.values { pair.cut() }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    // MARK: Holding

    /// How many threads are held now.
    var held: Int { state.withLock { $0.held } }

    /// Blocks until `release`, or until everything ends, where `isAsked` says so at this moment.
    func hold(_ isAsked: () -> Bool = { true }) {
        condition.lock()
        defer { condition.unlock() }
        guard isAsked() else { return }
        let generation = state.withLock { state in
            state.held += 1
            return state.generation
        }
        while state.withLock({ $0.generation == generation && !$0.isClosed }) { condition.wait() }
        state.withLock { $0.held -= 1 }
    }

    /// Lets everything go on that is held, after `body`.
    func release(after body: () -> Void) {
        change {
            body()
            $0.generation += 1
        }
    }

    private func change(_ body: (inout State) -> Void) {
        condition.lock()
        state.withLock { body(&$0) }
        condition.broadcast()
        condition.unlock()
    }

    // MARK: Connections

    /// The next connection, with its way to the server; nil once the relay is closed.
    private func accept() -> RelayedPair? {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 {
                if errno == EINTR { continue }
                return nil
            }
            guard let server = connectUpstream() else {
                Glibc.close(client)
                continue
            }
            let pair = RelayedPair(client: client, server: server)
            let isClosed = state.withLock { state in
                state.pairs[ObjectIdentifier(pair)] = pair
                return state.isClosed
            }
            if isClosed { pair.cut() }
            return pair
        }
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
