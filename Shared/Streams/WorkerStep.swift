/// The steps of a worker's life, in the order in which a record meets them: the places where a test lets a process die,
/// each just before and just after it.
public enum WorkerStep: String, CaseIterable, Sendable {
    /// Raising the epochs of an assignment and reading its progress.
    case claim
    /// Reading a block of remembered records again.
    case warmUp = "warm-up"
    /// Asking the source for records; after it they are in memory.
    case poll
    /// Decoding and applying a block of records to the open deltas.
    case decode
    /// Handing a checkpoint over to the committer.
    case handOver = "hand-over"
    /// BEGIN of a checkpoint's transaction.
    case begin
    /// The compare-and-set of the progress rows, within the transaction.
    case progressUpdate = "progress-update"
    /// The results and the dead letters, within the transaction.
    case write
    /// COMMIT on its way; after it the server has it, or will have it.
    case commitSent = "commit-sent"
    /// The answer to COMMIT; before it nothing was made of the answer, after it the worker knows.
    case commitAcknowledged = "commit-acknowledged"
    /// Telling lag tools the committed offset.
    case mirror
    /// Giving partitions back to the group.
    case revoke
    /// The last commit of an orderly end.
    case drain
}
