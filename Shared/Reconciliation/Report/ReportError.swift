/// Why a report cannot be read or written.
public struct ReportError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, and where.
    public var message: String
    /// What to do about it.
    public var hint: String?

    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    public var description: String { hint.map { message + " " + $0 } ?? message }
}
