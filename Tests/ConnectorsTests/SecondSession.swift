import Foundation
import Postgres

/// Runs one statement in a session of its own, on a thread of its own, so that a test can look at what it waits for.
final class SecondSession: @unchecked Sendable {
    private let condition = NSCondition()
    private var backendID: Int32?
    private var result: Result<Void, any Error>?

    init(_ configuration: PostgresConfiguration, sql: String) {
        Thread.detachNewThread { [self] in
            let outcome = Result {
                let connection = try PostgresConnection(configuration)
                defer { connection.close() }
                // The catalogue's caches are filled before the wait, as those of a process at work are.
                try connection.execute("SELECT to_regclass('pg_class')")
                tell { backendID = connection.backendProcessID }
                try connection.execute(sql)
            }
            tell { result = outcome }
        }
    }

    private func tell(_ body: () -> Void) {
        condition.lock()
        body()
        condition.broadcast()
        condition.unlock()
    }

    private func wait<R>(for value: () -> R?) -> R? {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: 60)
        while value() == nil && condition.wait(until: deadline) {}
        return value()
    }

    /// The process id of the session's backend, once it is connected.
    func backend() throws -> Int32 {
        if let backendID = wait(for: { self.backendID }) { return backendID }
        try outcome()
        return 0
    }

    /// Waits for the end of the statement; throws what it threw.
    func outcome() throws { try wait(for: { self.result })?.get() }
}
