import Foundation
import Glibc
import Runtime
import Synchronization

/// An HTTP client of a test: one request as raw bytes over a socket of its own, the whole answer as text.
enum RawHTTP {
    struct Answer {
        var status: Int
        var head: String
        var body: String
    }

    /// Sends the bytes and reads to the end of the connection, at most ten seconds a read. Status -1: no answer.
    static func exchange(port: UInt16, _ request: String) async throws -> Answer {
        let result = Mutex("")
        let bytes = Array(request.utf8)
        let thread = try DedicatedThread(name: "raw-http") {
            let text = Self.blocking(port: port, bytes)
            result.withLock { $0 = text }
        }
        await thread.finished()
        let text = result.withLock { $0 }
        guard let blank = text.range(of: "\r\n\r\n") else { return Answer(status: -1, head: "", body: "") }
        let head = String(text[..<blank.lowerBound])
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Answer(status: status ?? 0, head: head, body: String(text[blank.upperBound...]))
    }

    static func get(port: UInt16, _ path: String, headers: String = "", method: String = "GET") async throws -> Answer {
        let request = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n"
        return try await exchange(port: port, request)
    }

    private static func blocking(port: UInt16, _ request: [UInt8]) -> String {
        let descriptor = connected(port: port)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var sent = 0
        request.withUnsafeBytes { bytes in
            while sent < bytes.count {
                let count = send(descriptor, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                if count <= 0 { return }
                sent += count
            }
        }
        return read(descriptor)
    }

    /// A connected socket with a limit of ten seconds for each read, or -1.
    static func connected(port: UInt16) -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(descriptor)
            return -1
        }
        return descriptor
    }

    /// Everything up to the end of the connection.
    static func read(_ descriptor: Int32) -> String {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer.append(contentsOf: buffer[..<count])
        }
    }
}
