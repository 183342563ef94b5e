import CPostgres
import Glibc

/// How every call waits: the connection is in non-blocking mode, and while something is to be sent the answers that
/// arrive are taken in as well. Otherwise server and client could each wait for the other to read.
extension PostgresConnection {
    /// Polling wakes at least this often to look for input, because bytes that TLS has already decrypted do not make
    /// the socket readable.
    private static let pollSliceMilliseconds = 1000

    /// Sends everything that libpq holds.
    func flush(_ handle: OpaquePointer, operation: String) throws(PostgresError) {
        while PQflush(handle) == 1 {
            try waitForSocket(handle, toWrite: true, operation: operation)
            // A failure shows in the next result, with the server's last words, which may still lie in the buffer.
            if PQconsumeInput(handle) == 0 { return }
        }
    }

    /// The next result, adopted by the caller; nil where libpq says that the statement (or everything) is done.
    func nextResult(_ handle: OpaquePointer, operation: String) throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(handle) == 1 {
            let unsent = PQflush(handle) == 1
            try waitForSocket(handle, toWrite: unsent, operation: operation)
            if PQconsumeInput(handle) == 0 { break }
        }
        return PQgetResult(handle)
    }

    /// Waits until the socket can be used, at most for one slice. Gives the connection up after the silence timeout.
    private func waitForSocket(_ handle: OpaquePointer, toWrite: Bool, operation: String) throws(PostgresError) {
        let descriptor = PQsocket(handle)
        guard descriptor >= 0 else { return }
        let limit = silenceTimeoutMilliseconds
        let start = monotonicMilliseconds()
        while true {
            let waited = monotonicMilliseconds() - start
            if limit > 0, waited >= limit {
                close()
                throw PostgresError(
                    .connectionLost, "The server was silent for \(waited) ms while an answer was due.",
                    hint: "Is the server or the network stopped? The limit is silenceTimeoutMilliseconds.",
                    context: operation)
            }
            var slice = Self.pollSliceMilliseconds
            if limit > 0 { slice = min(slice, limit - waited) }
            var entry = pollfd(fd: descriptor, events: Int16(toWrite ? POLLIN | POLLOUT : POLLIN), revents: 0)
            let ready = poll(&entry, 1, Int32(slice))
            if ready > 0 { return }
            if ready == 0 {
                // Nothing on the socket: see whether TLS holds something; if not, the silence goes on.
                guard PQconsumeInput(handle) == 1, PQisBusy(handle) == 1 || toWrite else { return }
            } else if errno != EINTR {
                close()
                throw PostgresError(
                    .connectionLost, "Waiting for the server failed: \(String(cString: strerror(errno))).",
                    context: operation)
            }
        }
    }

    private func monotonicMilliseconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }

    /// The error of a call of libpq that could not even be sent.
    func sendFailure(_ handle: OpaquePointer, operation: String) -> PostgresError {
        let text = trimmed(String(cString: PQerrorMessage(handle)))
        return PostgresError(
            PQstatus(handle) == CONNECTION_OK ? .protocolViolation : .connectionLost,
            text.isEmpty ? "The statement could not be sent." : text, context: operation)
    }
}
