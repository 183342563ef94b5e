import Foundation
import Glibc
import Kafka
import Logging
import Postgres
import Runtime
import Testing

@testable import Sluice

@Suite("Console: what hangs, and who pays")
struct CollectorTests {
    /// A port on which connections are taken by the kernel and answered by nobody.
    private final class SilentPort {
        let port: UInt16
        private let descriptor: Int32

        init() throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = descriptor
            let code = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                    bind(descriptor, pointer, length) | listen(descriptor, 64)
                        | getsockname(descriptor, pointer, &length)
                }
            }
            try #require(code == 0)
            port = UInt16(bigEndian: address.sin_port)
        }

        deinit { close(descriptor) }
    }

    /// A service that counts how often it is asked.
    private final class CountingRoutes: EndpointRoutes {
        private let count = Counter()
        var asked: Int { count.value }

        func response(to request: EndpointRequest) async -> EndpointResponse {
            switch request.path {
            case "/healthz/live":
                count.add()
                return .json(.ok, #"{"status":"ok","reasons":[]}"#)
            case "/healthz/ready": return .json(.ok, #"{"status":"ok","reasons":[]}"#)
            case "/metrics":
                return .text(.ok, "sluice_build_info{version=\"9.9\"} 1\nsluice_records_read_total \(asked * 100)")
            case "/config": return .json(.ok, "[]")
            default: return .text(.notFound, "")
            }
        }
    }

    private final class Counter: @unchecked Sendable {
        private let lock = NSLock()
        private var number = 0
        var value: Int { lock.withLock { number } }
        func add() { lock.withLock { number += 1 } }
    }

    /// Runs a service of this process while the body looks at it.
    private func withService(_ body: (CountingRoutes, ServiceAddress) async throws -> Void) async throws {
        let routes = CountingRoutes()
        let server = try EndpointServer(
            settings: .init(), routes: routes, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await server.run() }
        defer { running.cancel() }
        try await body(routes, ServiceAddress(name: "well", url: "http://127.0.0.1:\(server.port)"))
    }

    private func until(_ what: String, _ condition: () async -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while !(await condition()) {
            try #require(ContinuousClock.now < deadline, "never: \(what)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("a PostgreSQL, a Kafka and a service that hang show as such, and the rest goes on")
    func hung() async throws {
        let silent = try SilentPort()
        try await withService { _, address in
            let collector = try Collector(
                .init(
                    job: "job", eventsTopic: "t",
                    services: [address, ServiceAddress(name: "hung", url: "http://127.0.0.1:\(silent.port)")],
                    postgres: PostgresConfiguration(
                        connectionString: "host=127.0.0.1 port=\(silent.port) user=u password=s3cret dbname=d"),
                    schemas: ResultSchemas(prefix: ""),
                    kafka: KafkaClientConfiguration(bootstrapServers: ["127.0.0.1:\(silent.port)"], clientID: "t")))
            let feed = StateFeed(collector)
            let start = ContinuousClock.now
            _ = await feed.current()
            #expect(ContinuousClock.now - start < .seconds(10), "nobody waits for what hangs")
            try await until("rates of the service that is well, while the others fail") {
                _ = await feed.current()
                let state = ConsoleState(collector.snapshot())
                let troubled = state.sources.allSatisfy { ["failed", "silent"].contains($0.state) }
                return troubled && state.sources.count == 2 && state.services.map(\.state) == ["ready", "unreachable"]
                    && state.services[0].version == "9.9" && state.flow.read ?? 0 > 0
            }
            #expect(!(await feed.current()).json.contains("s3cret"))
        }
    }

    @Test("many viewers cost one collection, and without any nobody is asked")
    func viewers() async throws {
        try await withService { routes, address in
            let collector = try Collector(
                .init(job: "job", eventsTopic: "t", services: [address], schemas: ResultSchemas(prefix: "")),
                audience: Audience(patience: .milliseconds(500)))
            let feed = StateFeed(collector)
            #expect(routes.asked == 0, "nobody looks yet")
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { _ = await feed.current() } }
            }
            // A viewer waits only so long for the first figures, which a busy machine may take longer for.
            try await until("the question has come") { routes.asked > 0 }
            #expect(routes.asked == 1, "twenty viewers, one question")
            // Past the patience and the next moment: nobody has looked, so nobody was asked.
            try await Task.sleep(for: .milliseconds(2_600))
            #expect(routes.asked == 1)
            _ = await feed.current()
            #expect(routes.asked == 2, "who comes back sees figures of now")
        }
    }
}
