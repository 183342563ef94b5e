public import Streams

/// The steps of a relay, in the order in which it takes them: the places where a test lets it die, each just before and
/// just after it.
public enum OutboxStep: String, CaseIterable, Sendable {
    /// Initialising transactions, which fences whoever used the transactional id before.
    case fence
    /// Reading the positions topic to its end.
    case readPositions = "read-positions"
    /// Beginning a transaction.
    case begin
    /// Producing the messages.
    case produce
    /// Producing the positions.
    case position
    /// Committing; after it the answer has come.
    case commit
}

/// Thrown by a probe that lets a relay die within its process: nothing is aborted or given back, as after a kill.
public struct OutboxAbandoned: Error {
    public init() {}
}

/// Told where a relay is. Nothing in production listens: a test's probe ends the process at one of these moments, blocks
/// the relay there, or lets it die by throwing.
public protocol OutboxProbe: AnyObject, Sendable {
    func reached(_ step: OutboxStep, _ moment: StepMoment) throws(OutboxAbandoned)
}
