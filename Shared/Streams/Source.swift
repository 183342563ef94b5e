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
    /// The next record of the partition will be the first at or after `offset`. False where the client could not;
    /// it goes on where it was.
    func seek(_ partition: Partition, to offset: Offset) -> Bool

    /// Tells lag tools how far the partition is. Telemetry only, never read back.
    func mirror(_ offsets: [(partition: Partition, next: Offset)])

    /// Gives the assignment back (the delegate's revoke is called) and ends the membership's session without
    /// leaving the group where membership is static.
    func close(delegate: any SourceDelegate)
}
