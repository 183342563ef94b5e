/// How far a pipeline came.
///
/// The outcome of the statement at index `i`, COMMIT for instance, is known if `i < statementsAnswered`: it was
/// carried out. After an error of the server everything was rolled back. After a lost connection without that answer
/// it is in doubt: only the database can tell.
public struct PipelineProgress: Sendable, Hashable {
    /// The statements that were handed to libpq, those that only parse not counted.
    public internal(set) var statementsQueued = 0
    /// The statements, from the first one on, that the server has answered with success.
    public internal(set) var statementsAnswered = 0
    /// Whether the answer to the Sync behind the last statement arrived.
    public internal(set) var isSynchronized = false

    public init() {}
}
