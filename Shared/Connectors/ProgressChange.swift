public import Streams

/// A partition's progress row as an operator sees it.
public struct ProgressState: Equatable, Sendable {
    public var epoch: Epoch
    public var owner: String
    public var progress: PartitionProgress

    public init(epoch: Epoch, owner: String, progress: PartitionProgress) {
        self.epoch = epoch
        self.owner = owner
        self.progress = progress
    }
}

/// What a partition came to in one output, and in one currency where it is money.
public struct OutputTotal: Equatable, Sendable {
    /// The table, with its schema.
    public var output: String
    public var rows: Int64
    public var currency: String?
    public var nanos: Int128?

    public init(output: String, rows: Int64, currency: String? = nil, nanos: Int128? = nil) {
        self.output = output
        self.rows = rows
        self.currency = currency
        self.nanos = nanos
    }
}

/// A move that an operator has decided on, with all that has to hold still when it is carried out.
public struct ProgressChange: Equatable, Sendable {
    public var topic: String
    public var partition: Partition
    public var move: OperatorMove
    /// Why, in the operator's words.
    public var reason: String
    /// The account and the host: user@host.
    public var who: String
    /// Where the log began and ended.
    public var bounds: LogBounds
    /// What the operator saw. Epoch and offset must be the same when the change is made.
    public var seen: ProgressState
    public var after: PartitionProgress

    public init(
        topic: String, partition: Partition, move: OperatorMove, reason: String, who: String, bounds: LogBounds,
        seen: ProgressState, after: PartitionProgress
    ) {
        self.topic = topic
        self.partition = partition
        self.move = move
        self.reason = reason
        self.who = who
        self.bounds = bounds
        self.seen = seen
        self.after = after
    }
}

/// Why a change was not made. Nothing of it is visible.
public enum ProgressChangeRefusal: Error, Equatable, Sendable {
    /// The row is another one than the operator saw: somebody has claimed, committed or changed it meanwhile.
    case changed(from: ProgressState, to: ProgressState?)
    /// The job has not noted where its results are, so that a rewind could not remove them.
    case unknownOutputs
    /// A schema of the job's results is also written by another job, or from another topic as the same source; rows do
    /// not say by which.
    case sharedOutput(schema: String, job: String, topic: String)
}
