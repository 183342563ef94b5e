/// What is wrong with a file of objectives: which file, where in it, and what to write instead.
public struct ObjectiveError: Error, Sendable, Equatable, CustomStringConvertible {
    public var message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
