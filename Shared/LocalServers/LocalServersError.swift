/// What went wrong with a local server or a child process.
public struct LocalServersError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure, for code that decides by it.
    public enum Code: String, Sendable {
        /// A program that is needed is not on this machine.
        case programNotFound
        /// The system refused to start a program.
        case spawnFailed
        /// A server ended before it was ready.
        case startFailed
        /// A server did not become ready in time; it has been ended.
        case startTimedOut
        /// The address that a server must have is taken by somebody else.
        case portInUse
        /// A server did not end in time after it was told to.
        case stopTimedOut
        /// The call needs a running server or process.
        case notRunning
        /// A folder or a state file could not be made, read, written or removed.
        case fileSystem
        /// Another process holds the lock of the environment.
        case locked
        /// A condition that was waited for did not come true before its deadline.
        case waitTimedOut
    }

    /// The kind of failure.
    public let code: Code
    /// What failed, where, and what to do about it.
    public let message: String
    /// Further lines that help: the end of a server's log, a system error.
    public let context: String?

    /// Makes an error from its parts.
    public init(_ code: Code, _ message: String, context: String? = nil) {
        self.code = code
        self.message = message
        self.context = context
    }

    public var description: String {
        guard let context, !context.isEmpty else { return message }
        return "\(message)\n\(context)"
    }
}
