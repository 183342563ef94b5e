import ArgumentParser
import Kafka
import Postgres
public import Runtime

/// How errors of the modules beneath end a service's process.
public enum ServiceFailure {
    /// The exit code of an error of PostgreSQL or Kafka; nil for any other.
    @Sendable public static func exitCode(_ error: any Error) -> Runtime.ExitCode? {
        switch error {
        case let error as PostgresError:
            error.isTransient
                ? .dependencyUnavailable : error.code == .invalidArgument ? .configuration : .internalError
        case let error as KafkaError:
            error.code == .unknownProperty || error.code == .invalidArgument ? .configuration : .dependencyUnavailable
        default: nil
        }
    }

    /// Runs a command of the terminal: one line on standard error and the exit code, never a trace.
    /// - Parameters:
    ///   - name: of the program.
    ///   - mapping: exit codes of its own errors; nil leaves it to `exitCode(_:)`.
    public static func guarded(
        _ name: String, mapping: (any Error) -> Runtime.ExitCode? = { _ in nil }, _ body: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch let error as ArgumentParser.ExitCode {
            throw error
        } catch {
            let code = Runtime.ExitCode.of(error) { mapping($0) ?? exitCode($0) }
            print("\(name): \(error)", to: &StandardError.shared)
            throw ArgumentParser.ExitCode(code.rawValue)
        }
    }
}
