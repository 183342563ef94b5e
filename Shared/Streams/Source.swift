/// A log that a worker consumes: partitions come and go by assignment, records come in batches.
///
/// Confined to the worker's thread. The delegate is called synchronously from within `poll` and `close`, so a
/// revoke is acknowledged only after the worker has committed.
public protocol Source: AnyObject {
    /// The topic's name, for messages.
    var topic: String { get }

    /// Waits up to `timeoutMilliseconds` for records and hands up to `maximum` of them over. They are valid during
    /// `body` only. Records of partitions that are not owned any more, or from before a seek, may be among them.
    func poll(
        maximum: Int, timeoutMilliseconds: Int32, delegate: any SourceDelegate,
        _ body: (UnsafeBufferPointer<Record>) -> Void)

    /// The headers of a record of the batch that is being handed over.
    func headers(of record: Record) -> [RecordHeader]

    /// Asks the log where the partition begins and ends.
    func bounds(of partition: Partition) throws(SourceError) -> LogBounds

    /// The end of the partition as last heard, without asking; nil where nothing was heard.
    func knownEnd(of partition: Partition) -> Offset?

    /// What the log holds at `offset` now; nil where it holds no record there. Does not move the consumption.
    func anchor(of partition: Partition, at offset: Offset) throws(SourceError) -> Anchor?

    func pause(_ partitions: [Partition])
    func resume(_ partitions: [Partition])
    /// The next record of the partition will be the first at or after `offset`.
    func seek(_ partition: Partition, to offset: Offset)

    /// Tells lag tools how far the partition is. Telemetry only, never read back.
    func mirror(_ offsets: [(partition: Partition, next: Offset)])

    /// Gives the assignment back (the delegate's revoke is called) and ends the membership's session without
    /// leaving the group where membership is static.
    func close(delegate: any SourceDelegate)
}

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

/// An error of a source.
public struct SourceError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: Equatable, Sendable {
        /// The offset asked for is not in the log.
        case offsetOutOfRange
        /// Another member with the same instance id has taken this one's place.
        case fencedInstance
        /// The log could not be reached in time.
        case unavailable
        case other
    }
    public var code: Code
    public var message: String
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
    public var description: String { message }
}

/// The way from the worker to the store: claims are waited for, one checkpoint at a time is on its way while the
/// worker goes on. Called from the worker's thread only.
public protocol CheckpointLane<Output>: AnyObject {
    associatedtype Output: CheckpointOutput
    /// Claims partitions, trying again while the store cannot be reached, until `cancel` was called.
    func claim(_ partitions: [Partition]) throws(StoreError) -> [Claim]
    /// Hands a checkpoint over. The one before must have ended.
    func submit(_ checkpoint: Checkpoint<Output>)
    /// Whether a checkpoint is on its way or its outcome not yet taken.
    var isBusy: Bool { get }
    /// Takes the outcome of the submitted checkpoint, waiting up to so long; nil where it is not known by then.
    func outcome(waitingMilliseconds: Int64) -> CommitOutcome<Output>?
}
