import ArgumentParser
import Kafka
import Postgres
import Runtime
import Streams

/// Which exit code the errors of the modules beneath deserve.
enum CommandFailure {
    @Sendable static func exitCode(_ error: any Error) -> Runtime.ExitCode? {
        switch error {
        case let error as PostgresError:
            error.isTransient
                ? .dependencyUnavailable : error.code == .invalidArgument ? .configuration : .internalError
        case let error as KafkaError:
            error.code == .unknownProperty || error.code == .invalidArgument ? .configuration : .dependencyUnavailable
        case let error as WorkerFailure:
            switch error.code {
            case .fencedInstance: .fenced
            case .source: .dependencyUnavailable
            case .store: .internalError
            }
        default: nil
        }
    }

    /// Runs a command of the terminal: one line on standard error and the exit code, never a trace.
    static func guarded(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ArgumentParser.ExitCode {
            throw error
        } catch {
            let code = Runtime.ExitCode.of(error, mapping: exitCode)
            print("spend-aggregator: \(error)", to: &StandardError.shared)
            throw ArgumentParser.ExitCode(code.rawValue)
        }
    }
}
