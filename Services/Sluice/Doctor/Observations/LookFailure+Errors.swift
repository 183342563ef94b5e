import Kafka
import Postgres

extension LookFailure {
    init(_ error: any Error) {
        switch error {
        case let failure as LookFailure: self = failure
        case let error as PostgresError: self.init(postgres: error)
        case let error as KafkaError: self.init(kafka: error)
        default: self.init(kind: .other, message: CommandFailure(error).line)
        }
    }

    /// libpq tells refused connections by their text alone.
    init(postgres error: PostgresError) {
        let message = CommandFailure(.dependency, error.message).line
        func says(_ parts: String...) -> Bool { parts.contains { message.contains($0) } }
        let kind: Kind
        if says("too many clients", "remaining connection slots", "too many connections") || error.sqlState == "53300" {
            kind = .full
        } else if says("is starting up", "is shutting down", "not yet accepting", "in recovery mode") {
            kind = .notYet
        } else if says("timeout expired", "timed out", "did not answer", "silent") || error.sqlState == "57014" {
            kind = .silent
        } else if says("authentication failed", "pg_hba.conf", "does not exist", "permission denied", "no password")
            || error.sqlState == "42501"
        {
            kind = .refused
        } else if error.isConnectionFailure {
            kind = .unreachable
        } else {
            kind = .other
        }
        self.init(kind: kind, message: message, sqlState: error.sqlState)
    }

    init(kafka error: KafkaError) {
        let kind: Kind =
            switch error.code {
            case .transport, .allBrokersDown: .unreachable
            case .timedOut: .silent
            default: error.message.contains("uthoriz") || error.message.contains("uthentic") ? .refused : .other
            }
        self.init(kind: kind, message: CommandFailure(.dependency, error.message).line)
    }
}
