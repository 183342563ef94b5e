import Glibc
import Synchronization

/// The two sockets of one connection through a proxy: the client's and the server's, with a thread for each direction.
final class RelayedPair: Sendable {
    let client: Int32
    let server: Int32
    /// How many directions still pass something on; the descriptors are open until none does.
    private let open = Mutex(2)

    /// Owns both descriptors.
    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
    }

    var openDirections: Int { open.withLock { $0 } }

    /// Ends both sides. Descriptors that are closed may be somebody else's by now, and are left alone.
    func cut() {
        open.withLock { count in
            guard count > 0 else { return }
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(server, Int32(SHUT_RDWR))
        }
    }

    /// One direction has ended; the last one closes the descriptors. True for the last one.
    @discardableResult
    func release() -> Bool {
        open.withLock { count in
            count -= 1
            guard count == 0 else { return false }
            close(client)
            close(server)
            return true
        }
    }

    /// False where the other side takes nothing any more.
    static func sendAll(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
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
}
