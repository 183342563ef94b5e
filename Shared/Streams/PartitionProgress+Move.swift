extension PartitionProgress {
    /// The progress after an operator has moved it to another place of the log, on purpose: over records that are
    /// gone, or back to the end of a log that was cut off. Results stay what they are.
    ///
    /// Stream time never goes back, so that what was on time stays on time. The anchor is forgotten: the record that it
    /// names need not stand before the new place. A mark at the new place carries the stream time over it, so that
    /// every later warm-up arrives at the same one although records before it may be missing or other ones.
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
        moved.marks = isNewLog || skipsReadable ? [] : marks.filter { $0.offset < offset }
        moved.marks.append(HorizonMark(offset: offset, streamTime: streamTime))
        if let nextOffset, nextOffset < offset, !isNewLog {
            moved.counters.skippedOffsets += offset.rawValue - nextOffset.rawValue
        }
        return moved
    }
}
