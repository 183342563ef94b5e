public import Archive
public import Streams

/// Looks at single events again.
public enum EventTrace {
    /// Judges a partition from `from` to before `to` and hands over each event that `wants` accepts, with its verdict, in
    /// the order of offsets. Verdicts are those of a recount that began at `from`.
    ///
    /// - Parameters:
    ///   - folder: where the ids are kept meanwhile, in files without names.
    ///   - wants: judges by the decoded fields; records that do not decode come too, see `RecountedEvent.isDecoded`.
    /// - Throws: `RecountError`, what the log throws, and what `body` throws.
    public static func run(
        _ partition: Partition, in log: any PartitionedLog, from: Offset, to: Offset, settings: RecountSettings,
        temporaryIn folder: String = "/tmp", limits: RecountLimits = RecountLimits(),
        wants: (RecountedEvent) -> Bool, body: (RecountedEvent, EventVerdict) throws -> Void
    ) throws {
        try settings.check()
        try limits.check()
        let judge = PartitionJudge(
            RecountedPartition(partition: partition.rawValue, start: from.rawValue),
            ids: PartitionIDs(in: try RunFolder(temporaryIn: folder), settings: settings))
        let block = JudgedBlock(settings: settings, capacity: limits.blockRecords)
        try judge.advance(in: log, to: to, block: block) { block in
            for position in 0..<block.count where wants(block.events[position]) {
                try body(block.events[position], block.verdict(position))
            }
            try limits.checkIDs(judge.ids.bytes)
        }
    }
}
