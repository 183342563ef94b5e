import Runtime
import Testing

@testable import Sluice

@Suite("Console: who may look")
struct ConsoleRoutesTests {
    private static let token = "s3cret-token"

    /// Routes of a console that looks at nothing.
    private func routes(token: String? = nil, address: String = "127.0.0.1") throws -> ConsoleRoutes {
        let collector = try Collector(
            .init(job: "job", eventsTopic: "t", services: [], schemas: ResultSchemas(prefix: "")))
        return ConsoleRoutes(
            access: ConsoleAccess(address: address, port: 9470, token: token.map { Secret($0) }),
            feed: StateFeed(collector))
    }

    private func ask(
        _ routes: ConsoleRoutes, _ target: String, host: String? = "localhost:9470", headers: String = "",
        method: String = "GET", body: String = ""
    ) async throws -> EndpointResponse {
        let head = "\(method) \(target) HTTP/1.1\r\n" + (host.map { "Host: \($0)\r\n" } ?? "") + headers
        var request = try #require(EndpointRequest(head: head.utf8))
        request.body = Array(body.utf8)
        return await routes.response(to: request)
    }

    @Test("every answer bounds what a browser does with it")
    func headers() async throws {
        let routes = try routes()
        for target in ["/", "/api/state", "/icon.svg", "/nothing"] {
            let answer = try await ask(routes, target)
            let policy = try #require(answer.headers["Content-Security-Policy"])
            #expect(policy.hasPrefix("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"))
            #expect(!policy.contains("unsafe") && answer.headers["X-Frame-Options"] == "DENY", "\(target)")
        }
        let (first, second) = (try await ask(routes, "/"), try await ask(routes, "/"))
        #expect(first.headers["Content-Security-Policy"] != second.headers["Content-Security-Policy"], "a nonce each")
        let nonce = try #require(
            first.headers["Content-Security-Policy"]?.firstMatch(of: /script-src 'nonce-([0-9a-f]{64})'/)
        ).1
        #expect(first.body.contains("<script nonce=\"\(nonce)\">"))
    }

    @Test(
        "a name of another site that leads here is refused on loopback",
        arguments: [
            "evil.example", "evil.example:9470", "127.0.0.1.evil.example", "localhost.evil.example:9470", "[::2]:9470",
            "localhost:9470:1", "127.0.0.2", "",
        ])
    func rebinding(host: String) async throws {
        let answer = try await ask(try routes(), "/api/state", host: host)
        #expect(answer.status == .misdirected && !answer.body.contains("version"))
    }

    @Test(
        "its own names are answered",
        arguments: [
            "localhost", "LOCALHOST:9470", "127.0.0.1:9470", "127.0.0.1", "[::1]:9470", "[::1]",
        ])
    func ownNames(host: String) async throws {
        #expect(try await ask(try routes(), "/api/state", host: host).status == .ok)
    }

    @Test("no name, two names, another loopback address, and any name beyond loopback")
    func names() async throws {
        #expect(try await ask(try routes(), "/", host: nil).status == .misdirected)
        #expect(try await ask(try routes(), "/", headers: "Host: localhost\r\n").status == .misdirected)
        #expect(try await ask(try routes(address: "127.0.0.2"), "/", host: "127.0.0.2:1").status == .ok)
        let open = try routes(token: Self.token, address: "0.0.0.0")
        #expect(try await ask(open, "/", host: "console.example").status == .unauthorized)
    }

    @Test("with a token nothing is shown without it, and it shows up nowhere")
    func token() async throws {
        let routes = try routes(token: Self.token)
        for headers in [
            "", "Authorization: Bearer x\r\n", "Authorization: \(Self.token)\r\n", "Cookie: sluice_console_9470=x\r\n",
            "Cookie: sluice_console_9470=\(Self.token)\r\n", "Cookie: sluice_console_9470=\r\n",
        ] {
            let page = try await ask(routes, "/", headers: headers)
            #expect(page.status == .unauthorized && page.body.contains("<form") && !page.body.contains("s3cret"))
            let state = try await ask(routes, "/api/state", headers: headers)
            #expect(state.status == .unauthorized && state.contentType == "application/json")
        }
        let state = try await ask(routes, "/api/state", headers: "Authorization: Bearer \(Self.token)\r\n")
        #expect(state.status == .ok && state.body.hasPrefix("{") && !state.body.contains("s3cret"))
    }

    @Test("a browser exchanges the token for a cookie, by the form or by the address")
    func cookie() async throws {
        let routes = try routes(token: Self.token)
        let answers = [
            try await ask(routes, "/login", method: "POST", body: "token=s3cret%2Dtoken"),
            try await ask(routes, "/?token=s3cret-token"),
        ]
        for answer in answers {
            #expect(answer.status == .seeOther && answer.headers["Location"] == "/")
            let cookie = try #require(answer.headers["Set-Cookie"])
            #expect(cookie.contains("; HttpOnly; SameSite=Strict;") && !cookie.contains("s3cret"))
            let pair = try #require(cookie.split(separator: ";").first)
            #expect(try await ask(routes, "/api/state", headers: "Cookie: a=b; \(pair); c=d\r\n").status == .ok)
            // Of another process it is worth nothing.
            let other = try self.routes(token: Self.token)
            #expect(try await ask(other, "/api/state", headers: "Cookie: \(pair)\r\n").status == .unauthorized)
        }
        for wrong in ["token=x", "", "token=", "token=%zz", "token=s3cret-token2"] {
            let answer = try await ask(routes, "/login", method: "POST", body: wrong)
            #expect(answer.status == .unauthorized && answer.headers["Set-Cookie"] == nil, "\(wrong)")
            #expect(answer.body.contains("not the console"))
        }
    }

    @Test("a state that is known already is not sent again")
    func unchanged() async throws {
        let routes = try routes()
        let first = try await ask(routes, "/api/state")
        let tag = try #require(first.headers["ETag"])
        let again = try await ask(routes, "/api/state", headers: "If-None-Match: \(tag)\r\n")
        // Within half a second it is the same state; a slow machine may have a newer one.
        #expect(again.status == .notModified || again.headers["ETag"] != tag)
        #expect(try await ask(routes, "/api/state", headers: "If-None-Match: \"x\"\r\n").status == .ok)
    }

    @Test("reading is all that one can do")
    func readOnly() async throws {
        let routes = try routes()
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            #expect(try await ask(routes, "/api/state", method: method).status == .methodNotAllowed)
        }
        #expect(try await ask(routes, "/../etc/passwd").status == .notFound)
    }
}
