public import Archive
public import Streams

/// What a log amounts to by the contract, computed by sorting and merging, in files of a folder and bounded memory.
///
/// Belongs to one thread.
public final class Recount {
    public let settings: RecountSettings
    public let limits: RecountLimits

    /// A recount for one use: its files are in a new folder within `folder` and go with `close()` or with the object.
    public init(temporaryIn folder: String, settings: RecountSettings, limits: RecountLimits = RecountLimits()) throws {
        self.settings = settings
        self.limits = limits
    }

    /// A recount that is kept and goes on from its last checkpoint.
    ///
    /// - Throws: `RecountError`: `locked` where another process has the folder open, `mismatch` where it was written for
    ///   another topic or with other settings, `damaged` where a file is not what was written.
    public init(
        stateIn folder: String, topic: String, settings: RecountSettings, limits: RecountLimits = RecountLimits()
    ) throws {
        self.settings = settings
        self.limits = limits
    }

    /// Gives the folder back: a temporary one is removed, a kept one unlocked. What was judged after the last checkpoint of
    /// a kept one is lost. Nothing else may be called afterwards.
    public func close() {}

    /// Where each partition stands, ascending.
    public var partitions: [RecountedPartition] { [] }

    /// Reads a partition from where it stands to exactly `next` and judges it.
    ///
    /// - Parameter start: where to begin a partition that is seen for the first time; nil: at the log's start.
    public func advance(
        _ partition: Partition, in log: any PartitionedLog, to next: Offset, startingAt start: Offset? = nil
    ) throws {}

    /// Makes everything judged so far one consistent generation; durable where the folder is kept.
    public func checkpoint() throws {}

    /// The rows of a level whose windows begin in `from ..< to` (milliseconds; nil: unbounded). It holds what was judged
    /// until now, and nothing of a later advance.
    ///
    /// - Throws: `usage` for `day`, which a recount does not hold.
    public func rows(_ level: SpendLevel, from: Int64? = nil, to: Int64? = nil) throws -> any SpendRowStream {
        throw RecountError(.usage, "not yet")
    }

    public func letters() throws -> RecountedLetterStream { RecountedLetterStream() }

    /// The hours (their beginnings in milliseconds) with an event that changed a row since `forgetTouchedHours`. They are
    /// part of a checkpoint.
    public var touchedHours: Set<Int64> { [] }
    public func forgetTouchedHours() {}

    /// Repeats within a partition that count because the horizon was over. Repeats that are invalid traffic are among
    /// them. Exact as far back as `lookBackMilliseconds`.
    public var repeatsBeyondHorizon: RepeatFindings { RepeatFindings() }

    /// Ids that stand in more than one partition: of each its newest copy in every partition after the first one (by S).
    public func repeatsAcrossPartitions() throws -> RepeatFindings { RepeatFindings() }

    /// Leaves out minute rows that begin before a moment (milliseconds), now and later; the other levels keep them.
    public func dropMinutes(before: Int64) {}
    /// The moment of the last `dropMinutes`.
    public var minutesBegin: Int64? { nil }
}
