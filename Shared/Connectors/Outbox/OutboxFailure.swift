import Kafka
import Postgres

/// Why a relay's round ended early.
enum OutboxFailure: Error {
    case postgres(PostgresError)
    case kafka(KafkaError)
    /// Another producer has the transactional id.
    case fenced(KafkaError)
    /// The session with the lock is gone.
    case lockLost(PostgresError)
    case stop(OutboxStopReason)
    case abandoned

    /// Runs a piece of work with PostgreSQL.
    static func postgres<R>(_ body: () throws(PostgresError) -> R) throws(OutboxFailure) -> R {
        do throws(PostgresError) { return try body() } catch { throw .postgres(error) }
    }

    /// Runs a piece of work with Kafka.
    static func kafka<R>(_ body: () throws(KafkaError) -> R) throws(OutboxFailure) -> R {
        do throws(KafkaError) { return try body() } catch { throw .kafka(error) }
    }
}
