public import Archive
import Streams

/// Looks at single events of the log again, with what the contract makes of them.
public protocol EventTracing {
    /// Hands over each event of a partition that `wants` accepts, of the offsets `from ..< to`, ascending, with its
    /// verdict: that of a recount which began at `from`.
    func trace(
        _ partition: Int32, from: Int64, to: Int64, wants: (RecountedEvent) -> Bool,
        _ body: (RecountedEvent, EventVerdict) throws -> Void
    ) throws
}

/// The events of a log, judged again for each question.
public struct LogTrace: EventTracing {
    private let log: any PartitionedLog
    private let settings: RecountSettings
    private let folder: String
    private let limits: RecountLimits

    /// - Parameter folder: where ids are kept meanwhile.
    public init(
        _ log: any PartitionedLog, settings: RecountSettings, temporaryIn folder: String = "/tmp",
        limits: RecountLimits = RecountLimits()
    ) {
        self.log = log
        self.settings = settings
        self.folder = folder
        self.limits = limits
    }

    public func trace(
        _ partition: Int32, from: Int64, to: Int64, wants: (RecountedEvent) -> Bool,
        _ body: (RecountedEvent, EventVerdict) throws -> Void
    ) throws {
        try EventTrace.run(
            Partition(partition), in: log, from: Offset(from), to: Offset(to), settings: settings,
            temporaryIn: folder, limits: limits, wants: wants, body: body)
    }
}
