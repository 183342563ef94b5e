import Foundation
import Glibc
import Synchronization

/// A little HTTP/1.1 server on this machine that answers as a test says, or not at all. One request a connection.
public final class ScriptedHTTPServer: Sendable {
    /// A request as it came.
    public struct Request: Sendable {
        public var method: String
        public var target: String
        /// Names in small letters.
        public var headers: [String: String]
        public var body: [UInt8]
    }

    /// What becomes of a request.
    public enum Answer: Sendable {
        case status(Int, headers: [String] = [], body: String = "")
        /// These bytes, and then the end of the connection.
        case bytes(String)
        /// Nothing: the connection stays open until the server is closed.
        case silence
        /// The connection is reset.
        case reset
    }

    private struct State {
        var requests: [Request] = []
        var isClosed = false
        var connections: Set<Int32> = []
    }

    public let port: Int
    private let listener: Int32
    private let answer: @Sendable (Request, Int) -> Answer
    private let state = Mutex(State())

    /// Listens on a port of the system's choice.
    /// - Parameters:
    ///   - port: 0 lets the system choose.
    ///   - answer: Called on a thread of its own with each request and how many came before it.
    public init(port: Int = 0, answer: @escaping @Sendable (Request, Int) -> Answer) throws {
        self.answer = answer
        // IPv6 that takes IPv4 as well, so that one port answers at 127.0.0.1, at ::1 and at localhost.
        listener = socket(AF_INET6, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        var no: Int32 = 0
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        setsockopt(listener, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &no, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = UInt16(port).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let listening = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard listening else {
            let reason = String(cString: strerror(errno))
            Glibc.close(listener)
            throw LocalServersError(.portInUse, "no port to listen on", context: reason)
        }
        self.port = Int(UInt16(bigEndian: address.sin6_port))
        Thread.detachNewThread { [self] in accept() }
    }

    /// What came so far.
    public var requests: [Request] { state.withLock { $0.requests } }

    /// Ends every connection and the server; who connects then is refused.
    public func close() {
        state.withLock { state in
            state.isClosed = true
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            if connection < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                break
            }
            let isOpen = state.withLock { state in
                if !state.isClosed { state.connections.insert(connection) }
                return !state.isClosed
            }
            guard isOpen else {
                Glibc.close(connection)
                break
            }
            Thread.detachNewThread { [self] in
                serve(connection)
                state.withLock { _ = $0.connections.remove(connection) }
                Glibc.close(connection)
            }
        }
        Glibc.close(listener)
    }

    private func serve(_ connection: Int32) {
        guard let request = Self.read(connection) else { return }
        let before = state.withLock { state in
            state.requests.append(request)
            return state.requests.count - 1
        }
        switch answer(request, before) {
        case .status(let status, let headers, let body):
            let lines =
                ["HTTP/1.1 \(status) Answer", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers
            Self.write(connection, lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
        case .bytes(let text): Self.write(connection, text)
        case .silence:
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        }
    }

    private static func write(_ connection: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(connection, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var head: Request?
        var bodyStart = 0
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes.append(contentsOf: buffer[..<count])
            if head == nil, let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                head = parse(bytes[..<end.lowerBound])
                bodyStart = end.upperBound
            }
            guard var request = head else { continue }
            let length = request.headers["content-length"].flatMap(Int.init) ?? 0
            guard bytes.count >= bodyStart + length else { continue }
            request.body = Array(bytes[bodyStart..<bodyStart + length])
            return request
        }
    }

    private static func parse(_ head: ArraySlice<UInt8>) -> Request {
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let parts = lines[0].components(separatedBy: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                in: .whitespaces)
        }
        return Request(method: parts[0], target: parts.count > 1 ? parts[1] : "", headers: headers, body: [])
    }
}
