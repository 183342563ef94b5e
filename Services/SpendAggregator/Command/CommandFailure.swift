import Runtime
import ServiceCommand
import Streams

/// Which exit code the errors of the modules beneath deserve.
enum CommandFailure {
    @Sendable static func exitCode(_ error: any Error) -> Runtime.ExitCode? {
        guard let error = error as? WorkerFailure else { return ServiceFailure.exitCode(error) }
        return switch error.code {
        case .fencedInstance: .fenced
        case .source: .dependencyUnavailable
        case .store: .internalError
        }
    }

    /// Runs a command of the terminal: one line on standard error and the exit code, never a trace.
    static func guarded(_ body: () async throws -> Void) async throws {
        try await ServiceFailure.guarded("spend-aggregator", mapping: exitCode, body)
    }
}
