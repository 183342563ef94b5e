import Foundation
import LocalServers
import Postgres
import Testing

/// A session of somebody else's, which does something and then keeps what it holds until it is ended.
struct HeldSession: Sendable {
    let pid: Int64
    private let database: Database

    /// - Parameters:
    ///   - statements: run one after the other; the transaction that they open stays open.
    ///   - last: a statement that takes long, run by a thread of its own; nil: the session is idle then.
    static func open(_ connectionString: String, _ statements: [String], last: String? = nil) async throws
        -> HeldSession
    {
        var configuration = PostgresConfiguration(
            connectionString: connectionString, applicationName: "report-tool")
        configuration.idleInTransactionTimeoutMilliseconds = 0
        configuration.lockTimeoutMilliseconds = 0
        configuration.statementTimeoutMilliseconds = 0
        let settings = configuration
        // The connection belongs to one thread, which keeps it until the session is ended from outside.
        let pid = try await withCheckedThrowingContinuation { (opened: CheckedContinuation<Int64, any Error>) in
            Thread.detachNewThread {
                do {
                    let connection = try PostgresConnection(settings)
                    defer { connection.close() }
                    let pid = try connection.query("SELECT pg_backend_pid()::int8")[0].int64(0)
                    for statement in statements { try connection.execute(statement) }
                    opened.resume(returning: pid)
                    if let last { try? connection.execute(last) } else { Self.waitForEnd(of: pid, connectionString) }
                } catch {
                    opened.resume(throwing: error)
                }
            }
        }
        return HeldSession(pid: pid, database: Database(connectionString: connectionString))
    }

    func end() async throws {
        _ = try database.text("SELECT pg_terminate_backend(\(pid))")
        try await until("session \(pid) has ended") {
            try database.number("SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)") == 0
        }
    }

    private static func waitForEnd(of pid: Int64, _ connectionString: String) {
        let database = Database(connectionString: connectionString)
        func isThere() -> Bool {
            (try? database.number("SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)")) == 1
        }
        while isThere() { Thread.sleep(forTimeInterval: 0.1) }
    }
}
