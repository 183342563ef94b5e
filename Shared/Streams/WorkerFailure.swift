/// Why a worker ended other than by being asked to.
public struct WorkerFailure: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Equatable, Sendable { case store, source, fencedInstance }
    public var code: Code
    public var message: String
    public var description: String { message }
}
