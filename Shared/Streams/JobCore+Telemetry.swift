/// What a worker shows of one partition.
public struct PartitionSnapshot: Equatable, Sendable {
    public enum Phase: String, Sendable { case warming, running, stopped }
    public var partition: Partition
    public var phase: Phase
    public var stopReason: StopReason?
    public var epoch: Epoch
    /// The offset to read next.
    public var expected: Offset
    /// The offset up to which everything is committed.
    public var committedNext: Offset?
    public var streamTime: EventTime
    public var counters: PartitionCounters
    /// What had been counted when the partition was claimed: the difference is this worker's.
    public var countersAtClaim: PartitionCounters
    public var rememberedIDs: Int
    public var horizonBytes: Int
    /// The timestamp of the oldest record that is read but not committed; -1 where there is none.
    public var oldestPendingMilliseconds: Int64
    /// The timestamp of the last record that was read; -1 before the first.
    public var lastTimestampMilliseconds: Int64

    /// How old, at `now`, the oldest record is that is in the log and not committed; 0 where there is none.
    /// Of records that were not even read the timestamp is not known: they are as old as the last one read at most.
    public func ageMilliseconds(now: Int64, knownEnd: Offset?) -> Int64 {
        if oldestPendingMilliseconds >= 0 { return max(0, now - oldestPendingMilliseconds) }
        guard let knownEnd, knownEnd > expected, lastTimestampMilliseconds >= 0 else { return 0 }
        return max(0, now - lastTimestampMilliseconds)
    }
}

extension JobCore {
    /// The partitions as they are now, for metrics and health.
    public func snapshots() -> [PartitionSnapshot] {
        tasks.compactMap { task in
            guard let task else { return nil }
            var reason: StopReason?
            let phase: PartitionSnapshot.Phase
            switch task.state {
            case .warming: phase = .warming
            case .running: phase = .running
            case .stopped(let why):
                phase = .stopped
                reason = why
            }
            return PartitionSnapshot(
                partition: task.partition, phase: phase, stopReason: reason, epoch: task.epoch,
                expected: task.expected, committedNext: task.committed.nextOffset,
                streamTime: task.pipeline.pointee.currentStreamTime,
                counters: task.pipeline.pointee.currentCounters, countersAtClaim: task.countersAtClaim,
                rememberedIDs: task.pipeline.pointee.rememberedIDs,
                horizonBytes: task.pipeline.pointee.horizonBytes, oldestPendingMilliseconds: task.oldestPending,
                lastTimestampMilliseconds: task.lastTimestamp)
        }
    }

    // Asked in every round of the worker: loops by index, because closures over the generic tasks allocate.

    /// Rows that the next checkpoint would write.
    public var pendingRows: Int {
        var rows = 0
        for index in 0..<tasks.count {
            if let task = tasks[index] { rows += task.output.output.rowCount }
        }
        return rows
    }
    /// Bytes of dead letters that the next checkpoint would write.
    public var pendingDeadLetterBytes: Int {
        var bytes = 0
        for index in 0..<tasks.count {
            if let task = tasks[index] { bytes += task.output.deadLetterBytes }
        }
        return bytes
    }
    /// Whether anything waits for a checkpoint.
    public var hasPending: Bool {
        for index in 0..<tasks.count {
            if let task = tasks[index], task.hasUncut { return true }
        }
        return false
    }
    /// Whether somebody waits for what a checkpoint would bring about.
    public var hasUrgentOutput: Bool {
        tasks.contains { $0.map { $0.hasUncut && $0.output.output.isUrgent } ?? false }
    }
    /// Whether every owned partition has rebuilt what it must remember.
    public var isWarm: Bool {
        !tasks.contains { if case .warming = $0?.state { true } else { false } }
    }
}
