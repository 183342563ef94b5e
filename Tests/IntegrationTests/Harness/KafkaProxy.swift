import Foundation
import Glibc
import Synchronization
import Testing

/// A TCP proxy before a Kafka broker on this machine that can spoil what the broker answers, or hold a kind of request
/// back. It follows the protocol's frames only (a length, then for a request its API key), and puts its own port into
/// the broker addresses that answers hold.
final class KafkaProxy: Sendable {
    private struct State {
        /// Answers that hold these bytes lose one bit of them.
        var spoiled: [UInt8]?
        var spoiledCount = 0
        var heldKey: Int16?
        var isMuted = false
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

    init(brokers: String) throws {
        upstreamPort = try #require(
            brokers.split(separator: ":").last.flatMap { Int($0) }, "one broker of this machine")
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

    var brokers: String { "127.0.0.1:\(port)" }

    // MARK: Faults

    /// Answers with these bytes in them are spoiled from now on; nil: no more.
    func spoil(_ bytes: [UInt8]?) { state.withLock { $0.spoiled = bytes } }
    /// How many answers were spoiled.
    var spoiledCount: Int { state.withLock { $0.spoiledCount } }

    /// Requests reach the broker, its answers reach nobody any more.
    func mute() { state.withLock { $0.isMuted = true } }

    /// Requests of this kind do not reach the broker until `release`.
    func hold(apiKey: Int16) { state.withLock { $0.heldKey = apiKey } }
    /// How many requests are held now.
    var held: Int { state.withLock { $0.held } }
    /// Lets everything go on that is held.
    func release() {
        change {
            $0.heldKey = nil
            $0.generation += 1
        }
    }

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

    private func holdIfAsked(_ key: Int16) {
        condition.lock()
        defer { condition.unlock() }
        let generation = state.withLock { state -> Int? in
            guard state.heldKey == key, !state.isClosed else { return nil }
            state.held += 1
            return state.generation
        }
        guard let generation else { return }
        while state.withLock({ $0.generation == generation && !$0.isClosed }) { condition.wait() }
        state.withLock { $0.held -= 1 }
    }

    // MARK: Connections

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            if client < 0 {
                if errno == EINTR { continue }
                break
            }
            let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            let address = Self.loopback(port: UInt16(upstreamPort))
            let isConnected = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            guard isConnected else {
                Glibc.close(client)
                Glibc.close(server)
                continue
            }
            let isClosed = state.withLock { state in
                state.sockets.formUnion([client, server])
                return state.isClosed
            }
            if isClosed { cut(client, server) }
            let open = OpenDirections()
            Thread.detachNewThread { [self] in
                pass(from: server, to: client) { answered($0) }
                end(client, server, open)
            }
            Thread.detachNewThread { [self] in
                pass(from: client, to: server) { frame in
                    if frame.count >= 2 { holdIfAsked(Int16(frame[0]) << 8 | Int16(frame[1])) }
                    return frame
                }
                end(client, server, open)
            }
        }
        Glibc.close(listener)
    }

    private final class OpenDirections: Sendable {
        private let count = Atomic<Int>(2)
        func isLast() -> Bool { count.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 }
    }

    private func cut(_ client: Int32, _ server: Int32) {
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }

    private func end(_ client: Int32, _ server: Int32, _ open: OpenDirections) {
        cut(client, server)
        guard open.isLast() else { return }
        state.withLock { $0.sockets.subtract([client, server]) }
        Glibc.close(client)
        Glibc.close(server)
    }

    /// Passes frames on, each as `body` makes it, or not at all.
    private func pass(from source: Int32, to target: Int32, _ body: ([UInt8]) -> [UInt8]?) {
        while let header = receive(source, 4) {
            let length = header.reduce(0) { $0 << 8 | Int($1) }
            guard let frame = receive(source, length) else { return }
            guard let passed = body(frame) else { continue }
            guard sendAll(target, header + passed) else { return }
        }
    }

    /// An answer with this proxy's port in the place of the broker's, and a bit lost where that is asked for.
    private func answered(_ frame: [UInt8]) -> [UInt8]? {
        if state.withLock({ $0.isMuted }) { return nil }
        var frame = frame
        let host = Array("127.0.0.1".utf8)
        let theirs = host + Self.int32(upstreamPort)
        for place in Self.places(of: theirs, in: frame) {
            frame.replaceSubrange(place + host.count..<place + theirs.count, with: Self.int32(port))
        }
        guard let spoiled = state.withLock({ $0.spoiled }) else { return frame }
        let places = Self.places(of: spoiled, in: frame)
        for place in places { frame[place] ^= 0x10 }
        if !places.isEmpty { state.withLock { $0.spoiledCount += 1 } }
        return frame
    }

    private static func int32(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: Int32(number).bigEndian) { Array($0) }
    }

    private static func places(of part: [UInt8], in whole: [UInt8]) -> [Int] {
        guard let first = part.first, whole.count >= part.count else { return [] }
        return (0...(whole.count - part.count)).filter { start in
            whole[start] == first && whole[start..<start + part.count].elementsEqual(part)
        }
    }

    private func receive(_ descriptor: Int32, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let more = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress! + received, count - received, 0)
            }
            if more < 0, errno == EINTR { continue }
            guard more > 0 else { return nil }
            received += more
        }
        return bytes
    }

    private func sendAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { raw in
            var sent = 0
            while sent < raw.count {
                let count = send(descriptor, raw.baseAddress! + sent, raw.count - sent, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }
}
