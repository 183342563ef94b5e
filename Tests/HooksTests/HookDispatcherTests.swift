import Foundation
import LocalServers
import Objectives
import Testing

@testable import Hooks

/// Receivers that are well, slow, broken and gone, on real sockets.
@Suite struct HookDispatcherTests {
    @Test(.timeLimit(.minutes(3)))
    func aMessageIsSignedByEverySecretAndKeepsItsIdentityOverItsAttempts() async throws {
        let secrets = [RunningDispatcher.secret, "whsec_" + Data(repeating: 7, count: 32).base64EncodedString()]
        let server = try ScriptedHTTPServer { _, before in
            before == 0 ? .status(500) : before == 1 ? .reset : before == 2 ? .status(429) : .status(204)
        }
        defer { server.close() }
        // A second between attempts, so that their timestamps differ.
        let running = try RunningDispatcher([url(server)], secrets: secrets) {
            $0.firstRetryMilliseconds = 600
            $0.longestRetryMilliseconds = 600
        }
        running.dispatcher.evaluated([.sample("A")])
        try await until("the message was delivered") { running.metric(delivered) == "1" }
        try await running.stop()

        let requests = server.requests
        #expect(requests.count == 4)
        let first = try #require(requests.first)
        #expect(first.method == "POST" && first.target == "/hook/pa55word")
        #expect(first.headers["content-type"] == "application/json")
        let id = try #require(first.headers["webhook-id"])
        #expect(id.hasPrefix("msg_") && id.count == 36)
        for request in requests {
            #expect(request.headers["webhook-id"] == id)
            #expect(request.body == first.body)
            let timestamp = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
            #expect(abs(Double(timestamp) - Date().timeIntervalSince1970) < 60)
            let expected = secrets.map { HookSecret($0)!.signature(id: id, timestamp: timestamp, body: request.body) }
            #expect(request.headers["webhook-signature"] == expected.joined(separator: " "))
        }
        #expect(Set(requests.compactMap { $0.headers["webhook-timestamp"] }).count > 1)
        let body = try ReceivedBody(first.body)
        #expect(body.version == "4" && body.status == "firing" && body.alerts.count == 1)
        #expect(running.metric("sluice_hook_retries_total") == "3")
        #expect(running.metric("sluice_hook_waiting") == "0.0")
        #expect(running.lines.all.contains("\"host\":\"127.0.0.1\""))
        #expect(!running.lines.all.contains("pa55word") && !running.lines.all.contains("whsec"))
    }

    @Test(.timeLimit(.minutes(3)))
    func aReceiverThatHangsHoldsUpNobody() async throws {
        let slow = try ScriptedHTTPServer { _, _ in .silence }
        let quick = try ScriptedHTTPServer { _, _ in .status(200) }
        defer {
            slow.close()
            quick.close()
        }
        let running = try RunningDispatcher([url(slow), url(quick)]) {
            $0.timeoutMilliseconds = 60_000
            $0.drainMilliseconds = 300
        }
        running.dispatcher.evaluated([.sample("A")])
        try await until("both were called") { slow.requests.count == 1 && quick.requests.count == 1 }
        let start = ContinuousClock.now
        for _ in 0..<100 { running.dispatcher.evaluated([.sample("A"), .sample("B")]) }
        // The attempt may take a minute.
        #expect(ContinuousClock.now - start < .seconds(20))
        try await until("the other receiver heard of the change") { quick.requests.count == 2 }
        #expect(slow.requests.count == 1)
        try await until("only the slow one waits") { running.metric("sluice_hook_waiting") == "1.0" }
        // An attempt that hangs does not hold up the end either.
        let end = ContinuousClock.now
        try await running.stop()
        #expect(ContinuousClock.now - end < .seconds(20))
        #expect(running.metric("sluice_hook_messages_total{outcome=\"given_up\"}") == "1")
    }

    @Test(.timeLimit(.minutes(3)), arguments: [302, 308, 400, 401, 404, 410])
    func whatIsRefusedIsNotTriedAgain(status: Int) async throws {
        let other = try ScriptedHTTPServer { _, _ in .status(200) }
        let server = try ScriptedHTTPServer { _, _ in
            .status(status, headers: ["Location: http://127.0.0.1:\(other.port)/"])
        }
        defer {
            other.close()
            server.close()
        }
        let running = try RunningDispatcher([url(server)])
        running.dispatcher.evaluated([.sample("A")])
        try await until("the message was refused") {
            running.metric("sluice_hook_messages_total{outcome=\"refused\"}") == "1"
        }
        running.dispatcher.evaluated([.sample("A")])
        try await running.stop()
        #expect(server.requests.count == 1 && other.requests.isEmpty)
        #expect(running.lines.all.contains("status \(status)"))
    }

    @Test(.timeLimit(.minutes(3)))
    func aReceiverThatWasKilledGetsTheMessageWhenItIsBack() async throws {
        let first = try ScriptedHTTPServer { _, _ in .silence }
        let port = first.port
        let running = try RunningDispatcher([url(first)])
        running.dispatcher.evaluated([.sample("A")])
        try await until("the first server was called") { first.requests.count == 1 }
        first.close()
        try await until("attempts fail") { (running.metric("sluice_hook_retries_total").flatMap { Int($0) } ?? 0) >= 3 }
        let second = try ScriptedHTTPServer(port: port) { _, _ in .status(200) }
        defer { second.close() }
        try await until("the message was delivered") { running.metric(delivered) == "1" }
        try await running.stop()
        #expect(second.requests.first?.headers["webhook-id"] == first.requests.first?.headers["webhook-id"])
        #expect(second.requests.first?.body == first.requests.first?.body)
    }

    /// By the address itself and by a name: a list for another host does not help.
    @Test(.timeLimit(.minutes(3)), arguments: ["127.0.0.1", "localhost", "[::1]"])
    func aPrivateAddressThatIsNotListedIsNotCalled(host: String) async throws {
        let server = try ScriptedHTTPServer { _, _ in .status(200) }
        defer { server.close() }
        let running = try RunningDispatcher(["https://\(host):\(server.port)/hook/pa55word"], allowed: [])
        running.dispatcher.evaluated([.sample("A")])
        try await until("the attempt failed") { running.lines.all.contains("forbidden_address") }
        try await running.stop()
        #expect(server.requests.isEmpty)
        #expect(!running.lines.all.contains("pa55word"))
    }

    @Test(.timeLimit(.minutes(3)))
    func whatWaitsIsTriedOnceMoreAtTheEnd() async throws {
        let server = try ScriptedHTTPServer { _, before in before == 0 ? .status(503) : .status(200) }
        defer { server.close() }
        let running = try RunningDispatcher([url(server)]) {
            $0.firstRetryMilliseconds = 3_600_000
            $0.longestRetryMilliseconds = 3_600_000
        }
        running.dispatcher.evaluated([.sample("A")])
        try await until("the first attempt failed") { running.metric("sluice_hook_retries_total") == "1" }
        #expect(server.requests.count == 1)
        try await running.stop()
        #expect(server.requests.count == 2)
        #expect(running.metric(delivered) == "1")
    }

    @Test(.timeLimit(.minutes(3)))
    func anEndIsDelivered() async throws {
        let server = try ScriptedHTTPServer { _, _ in .status(200) }
        defer { server.close() }
        let running = try RunningDispatcher([url(server)])
        running.dispatcher.evaluated([.sample("A")])
        try await until("the alert was delivered") { running.metric(delivered) == "1" }
        running.dispatcher.evaluated([.sample("A").ended()])
        try await until("its end was delivered") { running.metric(delivered) == "2" }
        try await running.stop()
        #expect(try server.requests.map { try ReceivedBody($0.body).status } == ["firing", "resolved"])
    }

    @Test(.timeLimit(.minutes(3)))
    func aTestMessage() async throws {
        let server = try ScriptedHTTPServer { _, before in .status(before == 0 ? 200 : 403) }
        defer { server.close() }
        let target = try HookTarget(url: url(server), allowed: ["127.0.0.1"])
        let configuration = HookConfiguration(targets: [target], secrets: [HookSecret(RunningDispatcher.secret)!])
        let sender = HookSender(target, configuration)
        #expect(await onThread { sender.sendTest(service: "archiver", timeoutMilliseconds: 5_000) } == nil)
        #expect(await onThread { sender.sendTest(service: "archiver", timeoutMilliseconds: 5_000) } == "status 403")
        let body = try ReceivedBody(#require(server.requests.first).body)
        #expect(body.alerts.map { $0.labels["alertname"] } == ["SluiceHookTest"])
    }

    private let delivered = "sluice_hook_messages_total{outcome=\"delivered\"}"

    private func url(_ server: ScriptedHTTPServer) -> String { "http://127.0.0.1:\(server.port)/hook/pa55word" }

    private func onThread<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: work()) }
        }
    }
}
