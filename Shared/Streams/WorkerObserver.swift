/// Told what a worker does. Called on the worker's thread, never once a record.
public protocol WorkerObserver: AnyObject {
    func incident(_ incident: CoreIncident)
    func assigned(_ partitions: [Partition])
    func revoked(_ partitions: [Partition], lost: Bool)
    /// A checkpoint ended. `milliseconds`: from hand-over to the known outcome. `cuts`: what was committed.
    func checkpointEnded(milliseconds: Int64, committed: [CheckpointSummary], fenced: Int)
    /// Once a second: everything that a metric may show.
    func sample(_ snapshots: [PartitionSnapshot], knownEnds: [Partition: Offset], unixMilliseconds: Int64)
    /// After every round of the loop.
    func beat(monotonicMilliseconds: Int64)
    func log(level: SourceLogLevel, message: String)
}
