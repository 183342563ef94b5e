import Postgres

/// The office of the one relay that publishes an output: an advisory lock of PostgreSQL, held by a session of its own.
///
/// It keeps relays from fencing one another all the time, nothing more: that no message is published twice rests on
/// Kafka's fencing. Confined to the relay's thread.
final class OutboxElection {
    private let connection: PostgresConnection
    private var confirmedAt: Int64

    /// Nil where another relay holds the lock.
    init?(
        _ configuration: PostgresConfiguration, names: DatabaseNames, output: String
    ) throws(PostgresError) {
        connection = try PostgresConnection(configuration)
        confirmedAt = Monitor.monotonicMilliseconds()
        let key = Self.key(names, output)
        guard try connection.query("SELECT pg_try_advisory_lock($1::int8)", [.int8(key)])[0].bool(0) else {
            connection.close()
            return nil
        }
    }

    /// Asks whether the session, and with it the lock, is still there.
    /// - Parameter age: of the last answer in milliseconds, up to which it is taken for the present one.
    func confirm(unlessYoungerThan age: Int64 = 0) throws(PostgresError) {
        let now = Monitor.monotonicMilliseconds()
        guard now - confirmedAt >= age else { return }
        try connection.query("SELECT 1")
        confirmedAt = now
    }

    /// Gives the lock back.
    func resign() { connection.close() }

    /// Locks are numbered in a database: a number from the installation and the output (FNV-1a, 64 bits).
    static func key(_ names: DatabaseNames, _ output: String) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "sluice outbox\0\(names.prefix)\0\(output)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3
        }
        return Int64(bitPattern: hash)
    }
}
