import Archive
public import Connectors
public import Postgres
import Streams

/// A recount that follows the log, and what it is compared with: everything that one reconciliation after the other needs.
///
/// Belongs to one thread. After a `PostgresError` of the connection, or an error of the log, it can be asked again.
public final class ReconciliationSession {
    public struct Settings: Sendable {
        public var job: String
        public var names: DatabaseNames
        public var postgres: PostgresConfiguration
        public var source: LogSource
        public var recount: RecountSettings
        public var limits = RecountLimits()
        /// For what is not kept: traces of single events.
        public var temporaryFolder = "/tmp"
        /// How many differences are described; all are counted.
        public var differenceLimit = 100
        /// The program and its version, for the report.
        public var program = "sluice"

        public init(
            job: String, names: DatabaseNames, postgres: PostgresConfiguration, source: LogSource,
            recount: RecountSettings
        ) {
            self.job = job
            self.names = names
            self.postgres = postgres
            self.source = source
            self.recount = recount
        }
    }

    /// Where the recount's files are.
    public enum Place: Sendable {
        /// In a folder of their own within this one, removed at the end.
        case temporary(in: String)
        /// In this folder, which the next process goes on with.
        case kept(in: String)
    }

    public let settings: Settings
    let place: Place
    var recount: Recount?
    var adjustments = AdjustmentRecount()
    private var connection: PostgresConnection?
    private var logs: [String: any PartitionedLog] = [:]
    /// How many records of events were read for the recount.
    public private(set) var recordsRead: Int64 = 0
    /// Called between two portions of work, so that whoever waits can give up by throwing.
    private let checkpoint: () throws -> Void

    /// - Parameter between: called now and then while the log is read; what it throws ends the work.
    public init(_ settings: Settings, place: Place, between: @escaping () throws -> Void = {}) {
        self.settings = settings
        self.place = place
        checkpoint = between
    }

    /// Gives up connections and files. A kept recount is what it was at its last checkpoint.
    public func close() {
        recount?.close()
        recount = nil
        connection?.close()
        connection = nil
        logs = [:]
    }

    /// The connection to the results, made anew where it was lost.
    public func connected() throws -> PostgresConnection {
        if let connection, connection.isOpen { return connection }
        let fresh = try PostgresConnection(settings.postgres)
        connection = fresh
        return fresh
    }

    /// After an error: the next call connects and opens logs anew.
    public func disconnect() {
        connection?.close()
        connection = nil
        logs = [:]
    }

    func log(of topic: String) throws -> any PartitionedLog {
        if let log = logs[topic] { return log }
        let log = try settings.source.log(of: topic)
        logs[topic] = log
        return log
    }

    /// What the recount knows of each partition.
    public var partitions: [RecountedPartition] { recount?.partitions ?? [] }

    /// The topic of events, once the results were looked at.
    public private(set) var topic: String?

    /// Reads on to where the results are now, outside of any snapshot.
    /// - Returns: that cut.
    @discardableResult
    public func follow() throws -> ResultCut {
        let snapshot = try ResultSnapshot(connected(), names: settings.names, job: settings.job)
        let cut = snapshot.cut
        snapshot.close()
        try advance(to: cut)
        return cut
    }

    /// Brings the recount to exactly the offsets of a cut.
    /// - Throws: `ReconciliationObstacle` where the log and the results do not go together.
    func advance(to cut: ResultCut) throws {
        topic = cut.topic
        let recount = try opened(cut)
        let log = try log(of: cut.topic)
        for applied in cut.partitions {
            guard let next = applied.nextOffset else { continue }
            try checkpoint()
            try advance(recount, applied, to: next, in: log)
        }
        guard let topic = cut.adjustmentsTopic else { return }
        let adjustmentsLog = try self.log(of: topic)
        for applied in cut.adjustmentPartitions {
            guard let next = applied.nextOffset else { continue }
            let partition = Partition(applied.partition)
            let bounds = try adjustmentsLog.bounds(of: partition)
            try Self.require(next, within: bounds, applied, adjustmentsLog)
            try adjustments.advance(partition, in: adjustmentsLog, to: Offset(next))
        }
    }

    private func advance(
        _ recount: Recount, _ applied: ResultCut.AppliedPartition, to next: Int64, in log: any PartitionedLog
    ) throws {
        let partition = Partition(applied.partition)
        let known = recount.partitions.first { $0.partition == applied.partition }
        if let known, known.next > next {
            throw ReconciliationObstacle(
                "\(applied.topic)/\(applied.partition): the results were taken back to offset \(next), and the recount is at "
                    + "\(known.next)", isStateOutdated: true)
        }
        guard known?.next != next else { return }
        let bounds = try log.bounds(of: partition)
        try Self.require(next, within: bounds, applied, log)
        let first = max(bounds.start.rawValue, applied.firstOffset ?? 0)
        try recount.advance(partition, in: log, to: Offset(next), startingAt: Offset(first))
        let now = recount.partitions.first { $0.partition == applied.partition }
        recordsRead += (now?.records ?? 0) - (known?.records ?? 0)
    }

    private static func require(
        _ next: Int64, within bounds: LogBounds, _ applied: ResultCut.AppliedPartition, _ log: any PartitionedLog
    ) throws {
        guard next > bounds.end.rawValue else { return }
        throw ReconciliationObstacle(
            "\(applied.topic)/\(applied.partition): the results go up to offset \(next), and the log (\(log.description)) ends at "
                + "\(bounds.end). An archive may be behind: name Kafka as well, or wait for the archiver. Where Kafka's log ends "
                + "there, records that were applied are gone: see the aggregator's runbook, log_truncated")
    }

    private func opened(_ cut: ResultCut) throws -> Recount {
        if let recount { return recount }
        let fresh =
            switch place {
            case .temporary(let folder):
                try Recount(temporaryIn: folder, settings: settings.recount, limits: settings.limits)
            case .kept(let folder):
                try Recount(
                    stateIn: folder, topic: cut.topic, settings: settings.recount, limits: settings.limits)
            }
        recount = fresh
        return fresh
    }

    /// Keeps what was counted, where it is kept.
    public func keep() throws { try recount?.checkpoint() }
}
