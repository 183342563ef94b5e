/// Why a recount could not go on.
public struct RecountError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Equatable, Sendable {
        /// Settings or limits, or a call that a recount has no answer to.
        case usage
        /// The folder is used by another process.
        case locked
        /// The folder was written for another topic, other settings or by another version.
        case mismatch
        /// A file of the folder is not what was written.
        case damaged
        /// The log has not got what was asked for, or not in order.
        case log
        /// One of `RecountLimits` was reached.
        case limit
        /// The file system refused.
        case files
    }
    public var code: Code
    public var message: String
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}
