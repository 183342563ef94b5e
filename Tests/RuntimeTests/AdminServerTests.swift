import Glibc
import Logging
import Runtime
import ServiceLifecycle
import Testing

@Suite("Admin endpoint")
struct AdminServerTests {
    private let lines = CollectedLines()
    private let health = HealthState()
    private let registry = OpenMetricsRegistry()

    /// Runs a server while the closure talks to it, and shuts it down as a service group does.
    private func withServer(
        address: String = "127.0.0.1", token: Secret? = nil, _ body: (UInt16) async throws -> Void
    ) async throws {
        let lines = lines
        let logger = Logger(label: "t") { _ in StructuredLogHandler(service: "t", sink: lines) }
        let entries = [
            ConfigurationEntry(key: "postgres", value: "host=\"db\"", source: .flag("--postgres")),
            ConfigurationEntry(
                key: "admin.token-file", value: "/run/token", source: .environment("SLUICE_ADMIN_TOKEN_FILE")),
        ]
        let version = "1.2.3+\(UInt64.random(in: .min ... .max))"
        let server = try AdminServer(
            settings: .init(address: address, port: 0, token: token), name: "spend", version: version, health: health,
            registry: registry, configuration: { entries }, logger: logger)
        let group = ServiceGroup(
            configuration: .init(services: [server], logger: Logger(label: "g") { _ in SwiftLogNoOpLogHandler() }))
        async let running: Void = group.run()
        do {
            try await body(server.port)
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
        // Somebody else on this machine may have been given the port since.
        let answer = try? await RawHTTP.get(
            port: server.port, "/version",
            headers: token.map { "Authorization: Bearer \($0.withValue { $0 })\r\n" } ?? "")
        #expect(answer?.body.contains(version) != true, "the port is closed after the shutdown")
    }

    @Test("probes answer 503 with reasons, then 200")
    func probes() async throws {
        let health = health
        try await withServer { port in
            var answer = try await RawHTTP.get(port: port, "/healthz/startup")
            #expect(answer.status == 503)
            #expect(
                answer.body == #"{"status":"failing","reasons":[{"component":"service","reason":"starting"}]}"# + "\n")
            #expect(try await RawHTTP.get(port: port, "/healthz/live").status == 200)
            health.started()
            health.notReady("postgres", "down \"hard\"")
            answer = try await RawHTTP.get(port: port, "/healthz/ready?verbose")
            #expect(answer.status == 503 && answer.body.contains(#""reason":"down \"hard\"""#))
            health.ready("postgres")
            answer = try await RawHTTP.get(port: port, "/healthz/ready")
            #expect(answer.status == 200 && answer.body == #"{"status":"ok","reasons":[]}"# + "\n")
            #expect(answer.head.contains("Content-Type: application/json\r\n"))
        }
        #expect(lines.all.first?.contains(#""event":"admin endpoint listens""#) == true)
    }

    @Test("metrics, configuration, version, index")
    func pages() async throws {
        registry.counter("things").increment(by: 2)
        try await withServer { port in
            let metrics = try await RawHTTP.get(port: port, "/metrics")
            #expect(
                metrics.head.contains("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"))
            #expect(try OpenMetricsParser(metrics.body).value("things_total") == 2)
            let config = try await RawHTTP.get(port: port, "/config")
            #expect(config.body.hasPrefix(#"[{"key":"postgres","value":"host=\"db\"","source":"flag --postgres"},"#))
            let version = try await RawHTTP.get(port: port, "/version")
            #expect(version.body.hasPrefix(#"{"name":"spend","version":"1.2.3+"#))
            #expect(try await RawHTTP.get(port: port, "/").body.contains("/healthz/ready"))
            #expect(try await RawHTTP.get(port: port, "/nothing").status == 404)
            #expect(try await RawHTTP.get(port: port, "/../etc/passwd").status == 404)
        }
    }

    // pitfall: operations-open-endpoints
    @Test("reading is all that one can do")
    func readOnly() async throws {
        try await withServer { port in
            for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
                let answer = try await RawHTTP.get(
                    port: port, "/healthz/live", headers: "Content-Length: 5\r\n", method: method)
                #expect(answer.status == 405 && answer.head.contains("Allow: GET, HEAD"))
            }
            // A body that was announced and sent does not cost the client its answer.
            let body = String(repeating: "x", count: 50_000)
            let post = "POST /config HTTP/1.1\r\nContent-Length: 50000\r\n\r\n\(body)"
            #expect(try await RawHTTP.exchange(port: port, post).status == 405)
            let head = try await RawHTTP.get(port: port, "/healthz/live", method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty && head.head.contains("Content-Length: 29"))
        }
    }

    // pitfall: operations-open-endpoints
    @Test("with a token everything but the probes asks for it, and it shows up nowhere")
    func token() async throws {
        try await withServer(token: Secret("s3cret-token")) { port in
            #expect(try await RawHTTP.get(port: port, "/healthz/live").status == 200)
            for path in ["/", "/metrics", "/config", "/version", "/nothing", "/healthz", "/healthz/../config"] {
                let answer = try await RawHTTP.get(port: port, path)
                #expect(answer.status == 401 && answer.head.contains("WWW-Authenticate: Bearer"), "\(path)")
            }
            for value in [
                "s3cret-token", "Bearer", "Bearer ", "Bearer s3cret-toke", "Bearer s3cret-token2", "Basic s3cret-token",
            ] {
                let answer = try await RawHTTP.get(port: port, "/config", headers: "Authorization: \(value)\r\n")
                #expect(answer.status == 401, "\(value)")
                #expect(!answer.body.contains("s3cret"))
            }
            for header in ["Authorization: Bearer s3cret-token", "authorization:bearer   s3cret-token "] {
                for path in ["/", "/metrics", "/config", "/version"] {
                    let answer = try await RawHTTP.get(port: port, path, headers: header + "\r\n")
                    #expect(answer.status == 200 && !answer.body.contains("s3cret"), "\(path)")
                }
            }
            let twice = "Authorization: Bearer s3cret-token\r\nAuthorization: Bearer x\r\n"
            #expect(try await RawHTTP.get(port: port, "/config", headers: twice).status == 400)
        }
        #expect(!lines.all.joined().contains("s3cret"))
    }

    // pitfall: operations-open-endpoints
    @Test("addresses beyond loopback need a token", arguments: ["0.0.0.0", "::", "10.1.2.3", "localhost", ""])
    func addresses(address: String) throws {
        let error = #expect(throws: RuntimeError.self) { _ = try makeServer(address: address, token: nil) }
        #expect(error?.code == .adminToken && error?.exitCode == .configuration)
    }

    @Test("what cannot be listened on is an error of its own")
    func badAddresses() throws {
        for address in ["localhost", "999.1.1.1"] {
            let error = #expect(throws: RuntimeError.self) { _ = try makeServer(address: address, token: Secret("x")) }
            #expect(error?.code == .adminAddress && error?.exitCode == .dependencyUnavailable)
        }
        let first = try makeServer(address: "127.0.0.1", token: nil)
        let error = #expect(throws: RuntimeError.self) {
            _ = try makeServer(address: "127.0.0.1", port: first.port, token: nil)
        }
        #expect(error?.message == "the admin endpoint cannot listen on 127.0.0.1:\(first.port): Address already in use")
        #expect(try makeServer(address: "0.0.0.0", token: Secret("x")).port > 0)
        #expect(try makeServer(address: "127.0.0.2", token: nil).port > 0)
    }

    private func makeServer(address: String, port: UInt16 = 0, token: Secret?) throws -> AdminServer {
        try AdminServer(
            settings: .init(address: address, port: port, token: token), name: "n", version: "v", health: health,
            registry: registry, configuration: { [] }, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("requests that are too large or are not HTTP get an answer and nothing more")
    func badRequests() async throws {
        try await withServer { port in
            let long = "GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 100_000)
            #expect(try await RawHTTP.exchange(port: port, long).status == 431)
            let bad = [
                "hello\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "get / HTTP/1.1\r\n\r\n",
                "GET x HTTP/1.1\r\n\r\n",
                "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
                "\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n",
            ]
            for text in bad {
                let answer = try await RawHTTP.exchange(port: port, text)
                #expect(answer.status == 400, "\(text.debugDescription)")
            }
            #expect(try await RawHTTP.get(port: port, "/healthz/live").status == 200)
        }
    }

    @Test("clients that send nothing are dropped, and too many at once are told so")
    func silentClients() async throws {
        try await withServer { port in
            var silent: [Int32] = []
            defer { for descriptor in silent { close(descriptor) } }
            for _ in 0..<32 { silent.append(RawHTTP.connected(port: port)) }
            #expect(!silent.contains(-1))
            // The server takes connections in order: this one finds 32 others.
            let answer = try await RawHTTP.get(port: port, "/healthz/live")
            #expect(answer.status == 503 && answer.body.contains("too many connections"))
            // Silence ends after five seconds, before the client's own limit of ten: the read sees the end.
            let descriptor = silent[0]
            let reading = try DedicatedThread(name: "silent") {
                var byte: UInt8 = 0
                if recv(descriptor, &byte, 1, 0) != 0 {
                    throw RuntimeError(.adminAddress, "the connection stayed open")
                }
            }
            #expect(await reading.finished() == nil)
            for descriptor in silent.dropFirst() { #expect(RawHTTP.read(descriptor).isEmpty) }
            #expect(try await RawHTTP.get(port: port, "/healthz/live").status == 200)
        }
    }

    @Test("many clients at once")
    func manyClients() async throws {
        try await withServer { port in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<24 { group.addTask { try await RawHTTP.get(port: port, "/metrics").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 24))
        }
    }
}
