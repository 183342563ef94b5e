import LocalServers
import Testing

/// A scenario on a local PostgreSQL with proxies before it: the shared one, or one of its own where the tests' server
/// is named from outside and may be encrypted or far.
func withProxies(
    _ count: Int, partitions: Int = 4, _ body: (Scenario, [CommitProxy]) async throws -> Void
) async throws {
    func run(_ server: LocalPostgres) async throws {
        let port = try #require(server.port)
        try await withScenario(partitions: partitions, postgres: server.connectionString) { scenario in
            let proxies = try (0..<count).map { _ in try CommitProxy(upstreamPort: port) }
            defer { for proxy in proxies { proxy.close() } }
            try await body(scenario, proxies)
        }
    }
    if let shared = try await TestServers.shared().localPostgres {
        try await run(shared)
    } else {
        try await withLocalPostgres { try await run($0) }
    }
}
