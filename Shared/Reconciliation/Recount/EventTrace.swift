public import Archive
public import Streams

/// Looks at single events again.
public enum EventTrace {
    /// Judges a partition from `from` to before `to` and hands over each event that `wants` accepts, with its verdict, in
    /// the order of offsets. Verdicts are those of a recount that began at `from`.
    ///
    /// - Parameters:
    ///   - folder: where the ids are kept meanwhile.
    ///   - wants: judges by the decoded fields; records that do not decode come too, see `RecountedEvent.isDecoded`.
    public static func run(
        _ partition: Partition, in log: any PartitionedLog, from: Offset, to: Offset, settings: RecountSettings,
        temporaryIn folder: String = "/tmp", limits: RecountLimits = RecountLimits(),
        wants: (RecountedEvent) -> Bool, body: (RecountedEvent, EventVerdict) throws -> Void
    ) throws {}
}
