/// What happens to a source's assignment.
public protocol SourceDelegate: AnyObject {
    /// Partitions were given to this member. Returns where each is to be read from; those left out are not read.
    func partitionsAssigned(_ partitions: [Partition]) -> [(partition: Partition, start: Offset)]
    /// Partitions are being taken away; they belong to this member until this returns, unless `lost`.
    func partitionsRevoked(_ partitions: [Partition], lost: Bool)
    /// The client cannot go on with a partition.
    func partitionFailed(_ partition: Partition, _ error: SourceError)
    /// The connection to a broker was lost: the log may be another one when it is back.
    func connectionLost(_ error: SourceError)
    /// The client cannot go on at all.
    func sourceFailed(_ error: SourceError)
    /// Something worth a line in the log.
    func sourceLogged(level: SourceLogLevel, message: String)
}

public enum SourceLogLevel: Sendable { case error, warning, info, debug }
