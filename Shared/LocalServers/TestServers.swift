import Foundation
import Glibc
import Synchronization

/// The servers that a test process uses: those that SLUICE_KAFKA_BROKERS and SLUICE_POSTGRES name, and for each that
/// is not named a private one, started once a process and removed when it ends.
///
/// Tests on these share them: use topics, groups, schemas and jobs with names from `uniqueName`. A test that stops or
/// kills a server uses `withLocalPostgres` or `withLocalBroker` instead.
public struct TestServers: Sendable {
    /// The addresses of the Kafka brokers.
    public let brokers: String
    /// The libpq connection string of the PostgreSQL server.
    public let postgres: String
    /// The broker that was started here; nil where one was named.
    public let localBroker: LocalBroker?
    /// The PostgreSQL server that was started here; nil where one was named.
    public let localPostgres: LocalPostgres?

    /// Both servers.
    public static func shared() async throws -> TestServers {
        async let broker = startedBroker.value
        async let postgres = startedPostgres.value
        let (brokerHere, postgresHere) = (try await broker, try await postgres)
        return TestServers(
            brokers: brokerHere?.brokers ?? namedBrokers ?? "",
            postgres: postgresHere?.connectionString ?? namedPostgres ?? "",
            localBroker: brokerHere,
            localPostgres: postgresHere)
    }

    /// The addresses of the Kafka brokers alone; no PostgreSQL server is started for it.
    public static func brokers() async throws -> String {
        try await startedBroker.value?.brokers ?? namedBrokers ?? ""
    }

    /// The connection string of the PostgreSQL server alone; no broker is started for it.
    public static func postgres() async throws -> String {
        try await startedPostgres.value?.connectionString ?? namedPostgres ?? ""
    }

    /// A name that no other call returned, here or in another process: the prefix, the time and a number. It has
    /// letters, digits and underscores only, so it is good for topics, groups, schemas and tables.
    public static func uniqueName(_ prefix: String) -> String {
        let number = counter.withLock { number in
            number += 1
            return number
        }
        return "\(prefix)_\(processMark)_\(number)"
    }

    /// The same, for those who have the servers at hand.
    public func uniqueName(_ prefix: String) -> String { Self.uniqueName(prefix) }

    // MARK: - Once a process

    private static let namedBrokers = named("SLUICE_KAFKA_BROKERS")
    private static let namedPostgres = named("SLUICE_POSTGRES")

    private static let startedBroker = Task<LocalBroker?, any Error> {
        if namedBrokers != nil { return nil }
        let broker = try LocalBroker(directory: TemporaryFolder.make("broker"))
        atExit { try? broker.destroyNow() }
        try await broker.start()
        return broker
    }

    private static let startedPostgres = Task<LocalPostgres?, any Error> {
        if namedPostgres != nil { return nil }
        let server = try LocalPostgres(directory: TemporaryFolder.make("postgres"))
        atExit { try? server.destroyNow() }
        try await server.start()
        return server
    }

    private static func named(_ key: String) -> String? {
        ProcessInfo.processInfo.environment[key].flatMap { $0.isEmpty ? nil : $0 }
    }

    // MARK: - Names

    private static let counter = Mutex(0)
    private static let processMark: String = {
        let seconds = UInt64(Date().timeIntervalSince1970 * 1000)
        return String(seconds, radix: 36) + String(UInt16.random(in: .min ... .max), radix: 36)
    }()

    // MARK: - The end

    private static let cleanups = Mutex<[@Sendable () -> Void]>([])
    private static let registered: Void = {
        // A C callback captures nothing: what is to be done is kept aside.
        atexit {
            let work = TestServers.cleanups.withLock { cleanups in
                defer { cleanups.removeAll() }
                return cleanups
            }
            for cleanup in work.reversed() { cleanup() }
        }
    }()

    /// Runs work when this process ends by exit(3). When it is killed, the kernel ends the servers, and the next
    /// process that makes a temporary folder removes theirs.
    private static func atExit(_ work: @escaping @Sendable () -> Void) {
        cleanups.withLock { $0.append(work) }
        _ = registered
    }
}
