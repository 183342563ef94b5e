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
    }

    private let upstreamPort: Int
    private let relay: LoopbackRelay
    private let state = Mutex(State())

    init(brokers: String) throws {
        upstreamPort = try #require(
            brokers.split(separator: ":").last.flatMap { Int($0) }, "one broker of this machine")
        relay = try LoopbackRelay(upstreamPort: upstreamPort)
        relay.start { [self] pair in
            [
                { [self] in pass(from: pair.server, to: pair.client) { answered($0) } },
                { [self] in
                    pass(from: pair.client, to: pair.server) { frame in
                        if frame.count >= 2 { holdIfAsked(Int16(frame[0]) << 8 | Int16(frame[1])) }
                        return frame
                    }
                },
            ]
        }
    }

    var brokers: String { "127.0.0.1:\(relay.port)" }

    // MARK: Faults

    /// Answers with these bytes in them are spoiled from now on; nil: no more.
    func spoil(_ bytes: [UInt8]?) { state.withLock { $0.spoiled = bytes } }
    /// How many answers were spoiled.
    var spoiledCount: Int { state.withLock { $0.spoiledCount } }

    /// Requests reach the broker, its answers reach nobody any more.
    func mute() { state.withLock { $0.isMuted = true } }
    /// Answers get through again; those of before are lost.
    func unmute() { state.withLock { $0.isMuted = false } }

    /// Requests of this kind do not reach the broker until `release`.
    func hold(apiKey: Int16) { state.withLock { $0.heldKey = apiKey } }
    /// How many requests are held now.
    var held: Int { relay.held }
    /// Lets everything go on that is held.
    func release() { relay.release { state.withLock { $0.heldKey = nil } } }

    func close() { relay.close() }

    private func holdIfAsked(_ key: Int16) { relay.hold { state.withLock { $0.heldKey == key } } }

    // MARK: Frames

    /// Passes frames on, each as `body` makes it, or not at all.
    private func pass(from source: Int32, to target: Int32, _ body: ([UInt8]) -> [UInt8]?) {
        while let header = receive(source, 4) {
            let length = header.reduce(0) { $0 << 8 | Int($1) }
            guard let frame = receive(source, length) else { return }
            guard let passed = body(frame) else { continue }
            guard RelayedPair.sendAll(target, (header + passed)[...]) else { return }
        }
    }

    /// An answer with this proxy's port in the place of the broker's, and a bit lost where that is asked for.
    private func answered(_ frame: [UInt8]) -> [UInt8]? {
        if state.withLock({ $0.isMuted }) { return nil }
        var frame = frame
        let host = Array("127.0.0.1".utf8)
        let theirs = host + Self.int32(upstreamPort)
        for place in Self.places(of: theirs, in: frame) {
            frame.replaceSubrange(place + host.count..<place + theirs.count, with: Self.int32(relay.port))
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
}
