import Foundation
import Glibc
import Synchronization
import Testing

/// What Alertmanager posts its messages to: keeps every alert of every message with the moment at which it came.
final class WebhookReceiver: Sendable {
    /// One alert of one message.
    struct Notice: Sendable {
        /// `firing` or `resolved`.
        var status: String
        var labels: [String: String]
        var annotations: [String: String]
        /// The path that it was posted to.
        var path: String
        var at: ContinuousClock.Instant

        var name: String { labels["alertname"] ?? "" }
        var severity: String { labels["severity"] ?? "" }
        var isFiring: Bool { status == "firing" }
    }

    private struct Message: Decodable {
        struct Alert: Decodable {
            var status: String
            var labels: [String: String]
            var annotations: [String: String]
        }
        var version: String
        var alerts: [Alert]
    }

    let port: Int
    private let listener: Int32
    private let received = Mutex<[Notice]>([])
    private let faults = Mutex<[String]>([])

    init() throws {
        (listener, port) = try FreePort.listen()
        Thread.detachNewThread { [self] in
            while case let client = accept(listener, nil, nil), client >= 0 || errno == EINTR {
                guard client >= 0 else { continue }
                Thread.detachNewThread { [self] in
                    serve(client)
                    Glibc.close(client)
                }
            }
            Glibc.close(listener)
        }
    }

    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// Everything that came, in order.
    var notices: [Notice] { received.withLock { $0 } }
    /// What came and was no message of an Alertmanager.
    var strange: [String] { faults.withLock { $0 } }

    // MARK: One connection

    /// Requests one after the other, until the client leaves.
    private func serve(_ client: Int32) {
        var buffer: [UInt8] = []
        while let head = receive(client, &buffer, untilHeadEnds: ()) {
            let lines = head.components(separatedBy: "\r\n")
            let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
                .flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) }
            guard let length, let body = receive(client, &buffer, count: length) else { return }
            take(body, path: lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? "")
            let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8)
            guard RelayedPair.sendAll(client, answer[...]) else { return }
        }
    }

    private func take(_ body: [UInt8], path: String) {
        let now = ContinuousClock.now
        guard let message = try? JSONDecoder().decode(Message.self, from: Data(body)), message.version == "4" else {
            faults.withLock { $0.append(String(decoding: body, as: UTF8.self)) }
            return
        }
        received.withLock { notices in
            notices += message.alerts.map {
                Notice(status: $0.status, labels: $0.labels, annotations: $0.annotations, path: path, at: now)
            }
        }
    }

    private func receive(_ client: Int32, _ buffer: inout [UInt8], untilHeadEnds: Void) -> String? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if buffer.count >= 4,
                let place = (0...(buffer.count - 4)).first(where: { Array(buffer[$0..<$0 + 4]) == end })
            {
                let head = String(decoding: buffer[..<place], as: UTF8.self)
                buffer.removeFirst(place + 4)
                return head
            }
            guard more(client, &buffer) else { return nil }
        }
    }

    private func receive(_ client: Int32, _ buffer: inout [UInt8], count: Int) -> [UInt8]? {
        while buffer.count < count { guard more(client, &buffer) else { return nil } }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    private func more(_ client: Int32, _ buffer: inout [UInt8]) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        var count: Int
        repeat { count = recv(client, &bytes, bytes.count, 0) } while count < 0 && errno == EINTR
        guard count > 0 else { return false }
        buffer += bytes[..<count]
        return true
    }
}
