import Foundation
import Glibc
import LocalServers
import Testing

@testable import HTTP

/// Requests to a real server on this machine.
@Suite struct HTTPClientTests {
    @Test(.timeLimit(.minutes(3)), arguments: [200, 204, 400, 404, 429, 500, 503])
    func anAnswerIsAnAnswerWhateverItsStatus(status: Int) async throws {
        let server = try ScriptedHTTPServer { _, _ in
            .status(status, headers: ["Retry-After: 7", "X-Empty:"], body: status == 204 ? "" : "said")
        }
        defer { server.close() }
        let response = try await send(HTTPRequest(url: "http://127.0.0.1:\(server.port)/path?query=1"))
        #expect(response.status == status)
        #expect(response.text == (status == 204 ? "" : "said"))
        #expect(response.header("retry-after") == "7")
        #expect(response.header("x-empty") == "")
        #expect(response.header("location") == nil)
        #expect(server.requests.map(\.method) == ["GET"])
        #expect(server.requests.map(\.target) == ["/path?query=1"])
    }

    @Test(.timeLimit(.minutes(3)), arguments: [0, 1, 100_000])
    func aBodyIsPostedAsItIs(size: Int) async throws {
        let server = try ScriptedHTTPServer { _, _ in .status(200) }
        defer { server.close() }
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var request = HTTPRequest(url: "http://127.0.0.1:\(server.port)/", body: body)
        request.headers = [("content-type", "application/json"), ("x-empty", "")]
        #expect(try await send(request).status == 200)
        let received = try #require(server.requests.first)
        #expect(received.method == "POST")
        #expect(received.body == body)
        #expect(received.headers["content-type"] == "application/json")
        #expect(received.headers["x-empty"] == "")
        #expect(received.headers["expect"] == nil)
    }

    @Test(.timeLimit(.minutes(3)))
    func redirectsAreNotFollowed() async throws {
        let other = try ScriptedHTTPServer { _, _ in .status(200) }
        defer { other.close() }
        let server = try ScriptedHTTPServer { _, _ in
            .status(302, headers: ["Location: http://127.0.0.1:\(other.port)/"])
        }
        defer { server.close() }
        #expect(try await send(HTTPRequest(url: "http://127.0.0.1:\(server.port)/", body: [1])).status == 302)
        #expect(other.requests.isEmpty)
    }

    @Test(.timeLimit(.minutes(3)))
    func aServerThatSaysNothing() async throws {
        let server = try ScriptedHTTPServer { _, _ in .silence }
        defer { server.close() }
        var request = HTTPRequest(url: "http://127.0.0.1:\(server.port)/")
        request.timeoutMilliseconds = 200
        let start = ContinuousClock.now
        #expect(await failure(request)?.code == .timeout)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test(.timeLimit(.minutes(3)))
    func aRequestThatIsGivenUp() async throws {
        let server = try ScriptedHTTPServer { _, _ in .silence }
        defer { server.close() }
        var request = HTTPRequest(url: "http://127.0.0.1:\(server.port)/")
        request.timeoutMilliseconds = 600_000
        request.isAbandoned = { true }
        #expect(await failure(request)?.code == .timeout)
    }

    @Test(.timeLimit(.minutes(3)), arguments: [true, false])
    func anAnswerThatIsTooLarge(inItsHead: Bool) async throws {
        let long = String(repeating: "x", count: 3_000)
        let server = try ScriptedHTTPServer { _, _ in
            inItsHead ? .status(200, headers: ["X-Long: \(long)"]) : .status(200, body: long)
        }
        defer { server.close() }
        var request = HTTPRequest(url: "http://127.0.0.1:\(server.port)/")
        request.maximumResponseBytes = 4_000
        #expect(try await send(request).status == 200)
        request.maximumResponseBytes = 3_000
        let error = await failure(request)
        #expect(error?.code == .tooLarge)
        #expect(error?.message == "the answer is longer than 3000 bytes")
    }

    @Test(.timeLimit(.minutes(3)))
    func connectionsThatBreak() async throws {
        let server = try ScriptedHTTPServer { request, _ in
            request.target == "/reset" ? .reset : .bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        }
        let port = server.port
        #expect(await failure(HTTPRequest(url: "http://127.0.0.1:\(port)/reset"))?.code == .unreachable)
        #expect(await failure(HTTPRequest(url: "http://127.0.0.1:\(port)/half"))?.code == .unreachable)
        server.close()
        try await untilRefused(port)
        #expect(await failure(HTTPRequest(url: "http://127.0.0.1:\(port)/"))?.code == .unreachable)
        #expect(await failure(HTTPRequest(url: "http://no-such-host.invalid/"))?.code == .unreachable)
    }

    @Test(.timeLimit(.minutes(3)))
    func whatIsNoHTTPIsNoAnswer() async throws {
        let server = try ScriptedHTTPServer { _, _ in .bytes("220 mail.example.org ESMTP\r\n") }
        defer { server.close() }
        #expect(await failure(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"))?.code == .unreachable)
    }

    @Test(.timeLimit(.minutes(3)), arguments: ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1"])
    func anAddressThatIsRefusedIsNotConnectedTo(host: String) async throws {
        let server = try ScriptedHTTPServer { _, _ in .status(200) }
        defer { server.close() }
        var request = HTTPRequest(url: "http://\(host):\(server.port)/", body: [])
        request.allows = { $0.isGlobal }
        let error = await failure(request)
        #expect(error?.code == .forbiddenAddress)
        #expect(server.requests.isEmpty)
        request.allows = { $0.bytes == [127, 0, 0, 1] || $0.bytes == [UInt8](repeating: 0, count: 15) + [1] }
        #expect(try await send(request).status == 200)
    }

    /// In a process of its own: the environment is everybody's.
    @Test(.timeLimit(.minutes(3)))
    func proxiesOfTheEnvironmentAreNotUsed() async {
        await #expect(processExitsWith: .success) {
            let proxy = try ScriptedHTTPServer { _, _ in .status(500) }
            let server = try ScriptedHTTPServer { _, _ in .status(200) }
            for name in ["http_proxy", "all_proxy", "ALL_PROXY"] { setenv(name, "http://127.0.0.1:\(proxy.port)", 1) }
            let response = try HTTPClient.send(HTTPRequest(url: "http://127.0.0.1:\(server.port)/"))
            exit(response.status == 200 && proxy.requests.isEmpty ? EXIT_SUCCESS : EXIT_FAILURE)
        }
    }

    @Test(arguments: [
        ("x-good", "a\r\nx-evil: 1"), ("x-good", "a\nb"), ("x-good", "a\0b"), ("x\r\nx-evil", "1"), ("", "1"),
        ("x good", "1"), ("x:good", "1"), ("x-ümlaut", "1"),
    ])
    func headersThatAreNone(name: String, value: String) async throws {
        var request = HTTPRequest(url: "http://127.0.0.1:9/")
        request.headers = [(name, value)]
        #expect(await failure(request)?.code == .badRequest)
    }

    @Test(arguments: [
        "", "example.org", "ftp://example.org/", "file:///etc/passwd", "http://", "http:///path", "http://a b/",
        "http://example.org:99999/", "http://127.0.0.1\0.example.org/", "http://example.org/\r\nx: 1", "gopher://a/",
    ])
    func whatIsNoURL(url: String) async throws {
        #expect(await failure(HTTPRequest(url: url))?.code == .badRequest)
    }

    /// Neither the password nor the path, which often is one, may reach a log.
    @Test(
        .timeLimit(.minutes(3)),
        arguments: [
            "http://user:pa55word@127.0.0.1:1/s3cret?s3cret", "http://user:pa55word@no-such-host.invalid/s3cret",
            "ftp://user:pa55word@127.0.0.1/s3cret", "http://user:pa55word@127.0.0.1:99999/s3cret",
            "http://user:pa55word@[::1/s3cret", "https://user:pa55word@127.0.0.1:1/s3cret",
        ])
    func errorsKeepSecrets(url: String) async throws {
        let error = try #require(await failure(HTTPRequest(url: url)))
        for secret in ["pa55word", "user", "s3cret"] { #expect(!error.message.contains(secret), "\(error.message)") }
    }

    // MARK: -

    private func send(_ request: HTTPRequest) async throws -> HTTPResponse { try await HTTPThread.send(request).get() }

    private func failure(_ request: HTTPRequest) async -> HTTPError? {
        switch await HTTPThread.send(request) {
        case .success: nil
        case .failure(let error): error
        }
    }

    private func untilRefused(_ port: Int) async throws {
        let deadline = ContinuousClock.now + Patience.stretching(.seconds(10))
        while await failure(HTTPRequest(url: "http://127.0.0.1:\(port)/"))?.code != .unreachable {
            try #require(ContinuousClock.now < deadline)
        }
    }
}

/// Requests on threads of their own: the pool's are few, and tests run side by side.
enum HTTPThread {
    static func send(_ request: HTTPRequest) async -> Result<HTTPResponse, HTTPError> {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: Result { () throws(HTTPError) in try HTTPClient.send(request) })
            }
        }
    }
}
