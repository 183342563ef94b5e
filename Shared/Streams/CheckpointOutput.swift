/// What a job's events add up to in one partition between two checkpoints. Owned by one thread at a time: the
/// worker fills it, hands it to the committer, and gets it back empty.
public protocol CheckpointOutput: AnyObject {
    /// Rows that the sink will write for it.
    var rowCount: Int { get }
    /// Whether somebody waits for what it will bring about: a checkpoint is then taken sooner. Asked a few times a second,
    /// not once a record.
    var isUrgent: Bool { get }
    /// Forgets everything; keeps the memory.
    func removeAll()
}

extension CheckpointOutput {
    public var isUrgent: Bool { false }
}
