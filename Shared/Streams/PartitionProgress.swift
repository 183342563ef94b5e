/// How far a partition is applied, and all that is needed to go on from there with the same answers as without
/// a restart.
public struct PartitionProgress: Equatable, Sendable {
    /// The offset to read next. nil: nothing was ever read.
    public var nextOffset: Offset?
    /// S(nextOffset - 1).
    public var streamTime: EventTime
    /// The last applied record. nil: nothing was ever applied.
    public var anchor: Anchor?
    /// Of a compacted topic: records that were applied before that one, oldest first, for when it is compacted away.
    public var olderAnchors: [Anchor]
    /// From where remembered ids are re-read, oldest first.
    public var marks: [HorizonMark]
    public var counters: PartitionCounters

    public init(
        nextOffset: Offset? = nil, streamTime: EventTime = .distantPast, anchor: Anchor? = nil,
        olderAnchors: [Anchor] = [], marks: [HorizonMark] = [], counters: PartitionCounters = PartitionCounters()
    ) {
        self.nextOffset = nextOffset
        self.streamTime = streamTime
        self.anchor = anchor
        self.olderAnchors = olderAnchors
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
