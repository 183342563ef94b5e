/// What went wrong in the service runtime: a code to act on, a message for people that names what, where and what
/// to do, and the facts as key and value. Secret values never enter it.
public struct RuntimeError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure, stable names for logs and tests.
    public enum Code: String, Sendable, CaseIterable {
        case configurationInvalid = "configuration_invalid"
        case configurationMissing = "configuration_missing"
        case configurationUnknownKey = "configuration_unknown_key"
        case configurationFile = "configuration_file"
        case secretFile = "secret_file"
        case adminAddress = "admin_address"
        case adminToken = "admin_token"
        case dependencyUnavailable = "dependency_unavailable"
        case fenced = "fenced"
        case sourceStopped = "source_stopped"
        case threadStart = "thread_start"
    }

    public var code: Code
    public var message: String
    public var context: [String: String]

    public init(_ code: Code, _ message: String, context: [String: String] = [:]) {
        self.code = code
        self.message = message
        self.context = context
    }

    public var description: String { message }
}

extension RuntimeError: ExitCodeReporting {
    public var exitCode: ExitCode {
        switch code {
        case .configurationInvalid, .configurationMissing, .configurationUnknownKey, .configurationFile, .secretFile,
            .adminToken:
            .configuration
        case .adminAddress, .dependencyUnavailable: .dependencyUnavailable
        case .fenced: .fenced
        case .sourceStopped: .sourceStopped
        case .threadStart: .internalError
        }
    }
}
