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

    /// Rows that the next checkpoint would write.
    public var pendingRows: Int { tasks.reduce(0) { $0 + ($1?.output.output.rowCount ?? 0) } }
    /// Bytes of dead letters that the next checkpoint would write.
    public var pendingDeadLetterBytes: Int { tasks.reduce(0) { $0 + ($1?.output.deadLetterBytes ?? 0) } }
    /// Whether anything waits for a checkpoint.
    public var hasPending: Bool { tasks.contains { ($0?.uncut ?? 0) > 0 && $0?.isRunning == true } }
    /// Whether every owned partition has rebuilt what it must remember.
    public var isWarm: Bool {
        !tasks.contains { if case .warming = $0?.state { true } else { false } }
    }
}
