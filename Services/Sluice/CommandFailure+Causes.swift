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
        switch error.sqlState {
        // undefined_table, invalid_schema_name, undefined_column, undefined_function
        case "42P01", "3F000", "42703", "42883":
            self.init(
                .dependency,
                "the results have no tables of this form (\(error.message)): run `spend-aggregator migrate`, "
                    + "or check --schema-prefix")
        default: self.init(error.code == .invalidArgument ? .usage : .dependency, "PostgreSQL \(error)")
        }
    }
}
