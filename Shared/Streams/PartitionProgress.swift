/// A place in the log from which remembered ids can be read again: every record before `offset` has a stream time
/// of at most `streamTime`.
public struct HorizonMark: Equatable, Sendable {
    public var offset: Offset
    /// S just before `offset`; `distantPast` at the first record that was ever read.
    public var streamTime: EventTime
    public init(offset: Offset, streamTime: EventTime) {
        self.offset = offset
        self.streamTime = streamTime
    }
}

/// What a job counted in a partition since its first record. Exact: it moves with the progress, in the same
/// transaction.
public struct PartitionCounters: Equatable, Sendable {
    public var records: Int64 = 0
    public var duplicates: Int64 = 0
    public var late: Int64 = 0
    public var invalid: Int64 = 0
    public var deadLetters: Int64 = 0
    /// Offsets that the log skipped: transaction markers, compaction, or records that are gone.
    public var skippedOffsets: Int64 = 0
    public init() {}
}

/// How far a partition is applied, and all that is needed to go on from there with the same answers as without
/// a restart.
public struct PartitionProgress: Equatable, Sendable {
    /// The offset to read next. nil: nothing was ever read.
    public var nextOffset: Offset?
    /// S(nextOffset - 1).
    public var streamTime: EventTime
    /// The last applied record. nil: nothing was ever applied.
    public var anchor: Anchor?
    /// From where remembered ids are re-read, oldest first.
    public var marks: [HorizonMark]
    public var counters: PartitionCounters

    public init(
        nextOffset: Offset? = nil, streamTime: EventTime = .distantPast, anchor: Anchor? = nil,
        marks: [HorizonMark] = [], counters: PartitionCounters = PartitionCounters()
    ) {
        self.nextOffset = nextOffset
        self.streamTime = streamTime
        self.anchor = anchor
        self.marks = marks
        self.counters = counters
    }

    /// The newest mark before which nothing can make a later record a duplicate: what comes later has S at least
    /// `streamTime`, and what stands before the mark is more than the horizon older.
    public func warmUpMark(horizonMilliseconds: Int64) -> HorizonMark? {
        let oldest = streamTime.minus(milliseconds: horizonMilliseconds)
        return marks.last { $0.streamTime < oldest } ?? marks.first
    }

    /// Drops the marks that no warm-up can need any more.
    public mutating func pruneMarks(horizonMilliseconds: Int64) {
        guard let needed = warmUpMark(horizonMilliseconds: horizonMilliseconds) else { return }
        marks.removeAll { $0.offset < needed.offset }
    }
}

/// A partition as its owner holds it after claiming: the epoch that every commit must match, and the progress that
/// was read in the same statement, after the epoch was raised.
public struct Claim: Equatable, Sendable {
    public var partition: Partition
    public var epoch: Epoch
    public var progress: PartitionProgress
    public init(partition: Partition, epoch: Epoch, progress: PartitionProgress) {
        self.partition = partition
        self.epoch = epoch
        self.progress = progress
    }
}

/// Where a partition's log begins and ends: `start` is the first offset that can be read, `end` the offset that
/// the next record will get.
public struct LogBounds: Equatable, Sendable {
    public var start: Offset
    public var end: Offset
    public init(start: Offset, end: Offset) {
        self.start = start
        self.end = end
    }
}
