import Archive
import Kafka
import LocalServers
import Postgres
import Reconciliation
import Runtime

extension CommandFailure {
    /// What an error of a library comes down to for the operator.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as PostgresError: self.init(postgres: error)
        case let error as KafkaError:
            self.init(
                error.code == .invalidArgument || error.code == .unknownProperty ? .usage : .dependency, "\(error)")
        case let error as ArchiveError:
            self.init(
                error.code == .invalidArgument || error.code == .notArchived ? .usage : .dependency, "\(error)")
        case let error as RuntimeError:
            self.init(error.exitCode == .configuration ? .usage : .dependency, error.message)
        case let error as LocalServersError: self.init(.dependency, "\(error)")
        case let error as ReconciliationObstacle: self.init(.notCompared, error.message)
        // A ledger, a plan or a report that cannot be read, or results that a plan was not made for.
        case is LedgerError, is ReportError, is ComparisonError: self.init(.usage, "\(error)")
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
        // What the functions of the results refuse: a zone, a cursor. They say themselves what is wrong and what to do.
        case "22023", "SLU02":
            let sentences = [error.message, error.detail, error.hint].compactMap { $0 }
            self.init(.usage, sentences.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }.joined(separator: ". "))
        default: self.init(error.code == .invalidArgument ? .usage : .dependency, "PostgreSQL \(error)")
        }
    }
}
