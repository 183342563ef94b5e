import Archive
import ArgumentParser
import Glibc
import Kafka
import Runtime

/// Which exit code the errors of the modules beneath deserve.
enum CommandFailure {
    @Sendable static func exitCode(_ error: any Error) -> Runtime.ExitCode? {
        switch error {
        case let error as KafkaError:
            error.code == .unknownProperty || error.code == .invalidArgument ? .configuration : .dependencyUnavailable
        case let error as ArchiveError:
            switch error.code {
            case .invalidArgument: .configuration
            case .fileSystem, .notArchived: .dependencyUnavailable
            case .locked: .fenced
            // Starting again does not help: somebody has to look.
            case .damaged, .hole, .overlap, .otherTopic, .tooLarge, .alreadyThere: .sourceStopped
            }
        default: nil
        }
    }

    /// Runs a command of the terminal: one line on standard error and the exit code, never a trace.
    static func guarded(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as ArgumentParser.ExitCode {
            throw error
        } catch {
            let code = Runtime.ExitCode.of(error, mapping: exitCode)
            let line = Array("archiver: \(error)\n".utf8)
            _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            throw ArgumentParser.ExitCode(code.rawValue)
        }
    }
}
