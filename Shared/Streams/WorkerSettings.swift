/// How a worker paces itself. Every entry is a limit or an interval; none has an influence on results.
public struct WorkerSettings: Equatable, Sendable {
    /// A checkpoint is taken this often while there is something to commit.
    public var checkpointIntervalMilliseconds: Int64 = 1_000
    /// And this often while an output says that it is urgent; never more seldom than the interval above.
    public var urgentCheckpointIntervalMilliseconds: Int64 = 250
    /// How often outputs are asked whether they are.
    public var urgencyLookMilliseconds: Int64 = 50
    /// Records asked for at a time.
    public var batchRecords = 1_000
    /// A wait for records is never longer than this.
    public var pollTimeoutMilliseconds: Int64 = 50
    /// A checkpoint is taken early when this many rows wait; twice as many stop the reading.
    public var maximumPendingRows = 100_000
    /// The same for the bytes of dead letters.
    public var maximumPendingDeadLetterBytes = 16 << 20
    /// A revoke waits at most this long for the commit: half the session timeout.
    public var revokeLimitMilliseconds: Int64 = 22_500
    /// A drain waits at most this long for the last commit.
    public var drainLimitMilliseconds: Int64 = 20_000
    /// A partition that was fenced but stays assigned this long is claimed again: its other owner is gone, or the
    /// database has lost commits in a failover. Twice the session timeout, so that a zombie hears of its end first.
    public var fencedRetryMilliseconds: Int64 = 30_000
    /// Asking the log for its bounds at assignment is tried for this long.
    public var boundsLimitMilliseconds: Int64 = 30_000
    public init() {}
}
