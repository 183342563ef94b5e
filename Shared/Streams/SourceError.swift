/// An error of a source.
public struct SourceError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Equatable, Sendable {
        /// The offset asked for is not in the log.
        case offsetOutOfRange
        /// Another member with the same instance id has taken this one's place.
        case fencedInstance
        /// The log could not be reached in time.
        case unavailable
        case other
    }
    public var code: Code
    public var message: String
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}
