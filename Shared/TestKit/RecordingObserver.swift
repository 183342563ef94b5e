public import Streams

/// Keeps what a worker told.
public final class RecordingObserver: WorkerObserver {
    public private(set) var incidents: [CoreIncident] = []
    public private(set) var assignments: [[Partition]] = []
    public private(set) var revocations: [(partitions: [Partition], lost: Bool)] = []
    public private(set) var summaries: [CheckpointSummary] = []
    public private(set) var checkpoints = 0
    public private(set) var fenced = 0
    public private(set) var lastSample: [PartitionSnapshot] = []
    public private(set) var beats = 0
    public private(set) var messages: [(level: SourceLogLevel, text: String)] = []

    public init() {}

    public func incident(_ incident: CoreIncident) { incidents.append(incident) }
    public func assigned(_ partitions: [Partition]) { assignments.append(partitions) }
    public func revoked(_ partitions: [Partition], lost: Bool) { revocations.append((partitions, lost)) }
    public func checkpointEnded(milliseconds: Int64, committed: [CheckpointSummary], fenced: Int) {
        checkpoints += 1
        summaries += committed
        self.fenced += fenced
    }
    public func sample(_ snapshots: [PartitionSnapshot], knownEnds: [Partition: Offset], unixMilliseconds: Int64) {
        lastSample = snapshots
    }
    public func beat(monotonicMilliseconds: Int64) { beats += 1 }
    public func log(level: SourceLogLevel, message: String) { messages.append((level, message)) }

    /// The reasons for which partitions were stopped.
    public var stops: [(partition: Partition, reason: StopReason)] { incidents.compactMap(\.stop) }
}

extension CoreIncident {
    /// The partition and the reason, where this is a stop.
    public var stop: (partition: Partition, reason: StopReason)? {
        if case .stopped(let partition, let reason) = self { (partition, reason) } else { nil }
    }
}
