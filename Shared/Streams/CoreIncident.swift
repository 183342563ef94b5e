/// What the core wants the shell to do or to tell.
public enum CoreIncident: Equatable, Sendable {
    /// Read the partition from this offset again: what came was from before a seek.
    case seek(Partition, Offset)
    /// Stop fetching the partition; it is stopped with this reason.
    case stopped(Partition, StopReason)
    /// The log skipped these offsets (both included): transaction markers, compaction or removed records.
    case gap(Partition, from: Offset, through: Offset)
    /// A partition that the job has never seen before, and where it is read from: its first start, or a topic that
    /// has grown.
    case appeared(Partition, at: Offset)
    /// The remembered ids are rebuilt.
    case warmedUp(Partition, ids: Int)
    /// Part of what has to be remembered is not in the log any more: duplicates of it will not be recognised.
    case horizonIncomplete(Partition, missingFrom: Offset, through: Offset)
    /// The last applied record is not in the log any more, nor any that could stand in for it; the next offset is: the
    /// log cannot be told from another.
    case anchorUnverifiable(Partition, Offset)
    /// A checkpoint of the partition was refused.
    case fenced(Partition, Epoch)
}
