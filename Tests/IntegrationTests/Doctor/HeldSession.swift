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
        let pid = try await onThread {
            let connection = try PostgresConnection(settings)
            let pid = try connection.query("SELECT pg_backend_pid()::int8")[0].int64(0)
            for statement in statements { try connection.execute(statement) }
            // Somebody has to keep the connection: this thread, until the session is ended from outside.
            Thread.detachNewThread {
                try? connection.execute(last ?? "SELECT")
                while last == nil,
                    (try? Database(connectionString: connectionString).number(
                        "SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)")) == 1
                {
                    Thread.sleep(forTimeInterval: 0.1)
                }
                connection.close()
            }
            return pid
        }
        return HeldSession(pid: pid, database: Database(connectionString: connectionString))
    }

    func end() async throws {
        _ = try database.text("SELECT pg_terminate_backend(\(pid))")
        try await until("session \(pid) has ended") {
            try database.number("SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)") == 0
        }
    }
}
