extension PartitionProgress {
    /// The offset of the first record that was ever applied; nil where none was.
    public var firstOffset: Offset? {
        nextOffset.map { Offset($0.rawValue - counters.records - counters.skippedOffsets) }
    }

    /// The progress with which a partition is applied again from `first` on, as it was the first time. It names the
    /// place, so that a log that begins behind it by then has lost records and is not taken for a whole one.
    public static func beginning(at first: Offset) -> PartitionProgress {
        PartitionProgress(nextOffset: first, marks: [HorizonMark(offset: first, streamTime: .distantPast)])
    }

    /// The progress at the same place without the remembered ids. The place stays, and so do the anchors before
    /// it: they go on showing whether the log is the one that was read.
    var withoutIDs: PartitionProgress {
        guard let nextOffset else { return self }
        var progress = moved(to: nextOffset, isNewLog: true)
        progress.anchor = anchor
        progress.olderAnchors = olderAnchors.filter { $0.offset < nextOffset }
        return progress
    }

    /// The progress after an operator has moved it to another place of the log, on purpose: over records that are
    /// gone, or back to the end of a log that was cut off. Results stay what they are.
    ///
    /// Stream time never goes back, so that what was on time stays on time. The anchors are forgotten: the records
    /// that they name need not stand before the new place, or not in this log. A mark at the new place carries the
    /// stream time over it, so that every later warm-up arrives at the same one although records before it may be
    /// missing or other ones.
    ///
    /// - Parameters:
    ///   - offset: what is to be read next.
    ///   - isNewLog: the topic was created again: no record before `offset` is one that was remembered.
    ///   - skipsReadable: the log still holds records between the next offset and `offset`. No warm-up may read them,
    ///     as they were never applied; so nothing before `offset` is remembered.
    public func moved(to offset: Offset, isNewLog: Bool = false, skipsReadable: Bool = false) -> PartitionProgress {
        var moved = self
        moved.nextOffset = offset
        moved.anchor = nil
        moved.olderAnchors = []
        moved.marks = isNewLog || skipsReadable ? [] : marks.filter { $0.offset < offset }
        moved.marks.append(HorizonMark(offset: offset, streamTime: streamTime))
        if let nextOffset, nextOffset < offset, !isNewLog {
            moved.counters.skippedOffsets += offset.rawValue - nextOffset.rawValue
        }
        return moved
    }
}
