/// How a service ends, as its supervisor sees it. The numbers are part of the service's interface.
public enum ExitCode: Int32, Sendable, CaseIterable {
    /// Drained and stopped as asked.
    case ok = 0
    /// The command line, the configuration or a secret file is wrong: starting again does not help.
    case configuration = 2
    /// Kafka, PostgreSQL or an address to listen on was not to be had at start: starting again may help.
    case dependencyUnavailable = 3
    /// Another owner holds a partition's epoch; what this process had not committed was rolled back.
    case fenced = 4
    /// A partition stopped because its source is not what it was (gap, truncation, another topic).
    case sourceStopped = 5
    /// A fault of the program.
    case internalError = 70
    /// The drain took longer than its limit; what was not committed is read again from the log by the next owner.
    case drainLimitExceeded = 124
}

/// An error that says which exit code it deserves. Errors of other modules conform in the service that knows both,
/// or are mapped by the closure that ``ServiceMain`` takes.
public protocol ExitCodeReporting: Error {
    var exitCode: ExitCode { get }
}

extension ExitCode {
    /// The code for an error: what the mapping says, else what the error itself says, else ``internalError``.
    public static func of(_ error: any Error, mapping: (any Error) -> ExitCode? = { _ in nil }) -> ExitCode {
        if let mapped = mapping(error) { return mapped }
        if let reporting = error as? any ExitCodeReporting { return reporting.exitCode }
        return .internalError
    }
}
