/// From where a partition that is owned again is read: what of it was applied before is read without effect.
struct WarmUpStart {
    /// The first record to read; the next offset, or one behind it, where nothing has to be read again.
    var offset: Offset
    /// The stream time just before it.
    var streamTime: EventTime
    /// Whether the log still holds everything that must be read again.
    var isComplete: Bool
    /// The first and the last record of the horizon that cannot be read again.
    var missing: (from: Offset, through: Offset)?

    /// - Parameter next: the offset up to which everything is applied.
    init(_ progress: PartitionProgress, next: Offset, bounds: LogBounds, settings: StreamSettings) {
        guard settings.deduplicates else {
            // Nothing is remembered. The last applied record alone is read again, to see that the log is the one that
            // was read; where it is gone, nothing is.
            let anchor = progress.anchor?.offset ?? next
            offset = anchor < bounds.start ? next : anchor
            streamTime = progress.streamTime
            isComplete = true
            return
        }
        offset = next
        streamTime = progress.streamTime
        isComplete = true
        if let mark = progress.warmUpMark(horizonMilliseconds: settings.horizonMilliseconds) {
            offset = mark.offset
            streamTime = mark.streamTime
            let oldest = progress.streamTime.minus(milliseconds: settings.horizonMilliseconds)
            isComplete = mark.streamTime == .distantPast || mark.streamTime < oldest
            if !isComplete && bounds.start < mark.offset {
                // The horizon was shorter when the marks were kept, or an operator moved the partition.
                missing = (bounds.start, mark.offset.previous)
            }
        }
        if offset < bounds.start {
            missing = (offset, bounds.start.previous)
            offset = bounds.start
            isComplete = false
        }
    }
}
