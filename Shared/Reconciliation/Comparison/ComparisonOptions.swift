public import Streams

/// What is to be compared.
public struct ComparisonOptions: Sendable {
    /// Windows that begin in `from ..< to`, in milliseconds of Unix time; nil: unbounded. Without bounds everything is
    /// compared, lifetimes and budgets too.
    public var fromMilliseconds: Int64?
    public var toMilliseconds: Int64?
    /// How many differences of each check are kept, the largest.
    public var limit = 100
    /// Where the log of each partition of events begins and ends, as of after the snapshot; empty: progress is not
    /// compared with the log's ends.
    public var logBounds: [Partition: LogBounds] = [:]
    public var settings = RecountSettings()
    /// Whether the sums of the views are compared with those of the tables beneath: one more read of everything.
    public var comparesViews = true

    /// Without: the rows of windows, counters and progress alone, as for an hour that is closed.
    public var comparesEverything = true

    public init() {}

    var isBounded: Bool { fromMilliseconds != nil || toMilliseconds != nil }
}
