import Foundation
import Glibc
import Synchronization

/// One client's connection through a `CommitProxy`: two threads, one for each direction.
final class ProxiedConnection: Sendable {
    private let pair: RelayedPair
    /// Once set, what the server answers is thrown away.
    private let isMuted = Atomic<Bool>(false)

    init(_ pair: RelayedPair) { self.pair = pair }

    func passAnswers() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while let bytes = receive(pair.server, &buffer) {
            if isMuted.load(ordering: .acquiring) { continue }
            guard RelayedPair.sendAll(pair.client, bytes) else { return }
        }
    }

    /// Passes the client's messages on one by one.
    /// - Parameters:
    ///   - fault: what is to happen when a prepared statement of this name is bound.
    ///   - hold: blocks until the proxy lets go.
    func passRequests(fault: (String) -> CommitProxy.Fault?, hold: () -> Void) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var pending: [UInt8] = []
        var hasStarted = false
        var endsAfterSync = false
        while let bytes = receive(pair.client, &buffer) {
            pending += bytes
            var start = 0
            while let length = Self.messageLength(pending[start...], hasStarted: hasStarted) {
                let message = pending[start..<(start + length)]
                // The startup message alone has no type. A request for encryption comes before it and looks alike.
                if !hasStarted { hasStarted = !Self.asksForEncryption(message) }
                switch Self.boundStatement(message).flatMap(fault) {
                case .holdAtBegin, .holdAtCommit: hold()
                case .cutBeforeCommit: return
                case .cutAfterCommit:
                    isMuted.store(true, ordering: .releasing)
                    endsAfterSync = true
                case nil: break
                }
                guard RelayedPair.sendAll(pair.server, message) else { return }
                start += length
                if endsAfterSync, message.first == UInt8(ascii: "S") {
                    // The server reads all of it before it sees the end.
                    shutdown(pair.server, Int32(SHUT_WR))
                    shutdown(pair.client, Int32(SHUT_RDWR))
                    drainServer()
                    return
                }
            }
            pending.removeFirst(start)
        }
    }

    /// Lets the server finish: the other direction ends when it has.
    private func drainServer() {
        while pair.openDirections == 2 { usleep(1_000) }
    }

    // MARK: Frames

    /// The whole length of the message at the start, with its type; nil where not all of it is there yet.
    private static func messageLength(_ bytes: ArraySlice<UInt8>, hasStarted: Bool) -> Int? {
        let header = hasStarted ? 1 : 0
        guard bytes.count >= header + 4 else { return nil }
        let place = bytes.startIndex + header
        let length = bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) } + header
        return bytes.count >= length ? length : nil
    }

    /// SSLRequest and GSSENCRequest: eight bytes with the codes 80877103 and 80877104.
    private static func asksForEncryption(_ message: ArraySlice<UInt8>) -> Bool {
        let body = Array(message.dropFirst(4))
        return message.count == 8 && body.starts(with: [0x04, 0xd2, 0x16])
    }

    /// The prepared statement's name in a Bind message: type B, length, portal's name, statement's name.
    private static func boundStatement(_ message: ArraySlice<UInt8>) -> String? {
        guard message.first == UInt8(ascii: "B"), message.count > 5 else { return nil }
        let names = message.dropFirst(5).split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        return names.count > 1 ? String(decoding: names[1], as: UTF8.self) : nil
    }

    // MARK: Sockets

    private func receive(_ descriptor: Int32, _ buffer: inout [UInt8]) -> ArraySlice<UInt8>? {
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 { return buffer[..<count] }
            if count < 0, errno == EINTR { continue }
            return nil
        }
    }
}
