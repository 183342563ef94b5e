import Kafka
import LocalServers
import Postgres

extension CommandFailure {
    /// What an error of a library comes down to for the operator.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as PostgresError: self.init(postgres: error)
        case let error as KafkaError:
            self.init(
                error.code == .invalidArgument || error.code == .unknownProperty ? .usage : .dependency, "\(error)")
        case let error as LocalServersError: self.init(.dependency, "\(error)")
        default: self.init(.dependency, "\(error)")
        }
    }

    private init(postgres error: PostgresError) {
        var text = "PostgreSQL \(error)"
        switch error.sqlState {
        // undefined_table, invalid_schema_name, undefined_column
        case "42P01", "3F000", "42703":
            text += " (the tables of the results are made by `spend-aggregator migrate`; is the schema prefix right?)"
        default: break
        }
        self.init(error.code == .invalidArgument ? .usage : .dependency, text)
    }
}
