import Archive
import Runtime
import ServiceCommand

/// Which exit code the errors of the modules beneath deserve.
enum CommandFailure {
    @Sendable static func exitCode(_ error: any Error) -> Runtime.ExitCode? {
        guard let error = error as? ArchiveError else { return ServiceFailure.exitCode(error) }
        return switch error.code {
        case .invalidArgument: .configuration
        case .fileSystem, .notArchived: .dependencyUnavailable
        case .locked: .fenced
        // Starting again does not help: somebody has to look.
        case .damaged, .hole, .overlap, .otherTopic, .tooLarge, .alreadyThere: .sourceStopped
        }
    }

    /// Runs a command of the terminal: one line on standard error and the exit code, never a trace.
    static func guarded(_ body: () async throws -> Void) async throws {
        try await ServiceFailure.guarded(ArchiverConfiguration.service, mapping: exitCode, body)
    }
}
