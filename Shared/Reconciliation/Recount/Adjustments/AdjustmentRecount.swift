public import Archive
public import Streams

/// What a log of adjustments amounts to by the contract. In memory, and limited: adjustments are few.
///
/// Which copy of an id was applied first does not follow from the log where copies stand in several partitions, so all of
/// them are kept.
public struct AdjustmentRecount {
    /// A dead letter, with the contract's code.
    public struct Letter: Equatable, Sendable {
        public var partition: Int32
        public var offset: Int64
        public var code: String
        public init(partition: Int32, offset: Int64, code: String) {
            self.partition = partition
            self.offset = offset
            self.code = code
        }
    }

    private struct Part {
        var state: RecountedPartition
        var letters: [Letter] = []
    }

    public let limits: RecountLimits
    /// For each id its copies, by partition and offset.
    public private(set) var copies: [RecountedAdjustment.ID: [RecountedAdjustment]] = [:]
    /// How many copies of all ids and dead letters there are.
    public private(set) var count = 0
    private var parts: [Int32: Part] = [:]
    private var topic: String?

    public init(limits: RecountLimits = RecountLimits()) { self.limits = limits }

    /// By partition and offset.
    public var letters: [Letter] { parts.sorted { $0.key < $1.key }.flatMap(\.value.letters) }

    /// Ascending. `duplicates`, `late` and `invalid` are 0: repeats are found across partitions.
    public var partitions: [RecountedPartition] { parts.values.map(\.state).sorted { $0.partition < $1.partition } }

    /// Reads a partition from where it stands to exactly `next`. Where it throws, it stands at the last record that it has
    /// taken, and the same call may be made again.
    ///
    /// - Parameter start: where to begin a partition that is seen for the first time; nil: at the log's start.
    /// - Throws: `RecountError`: `usage`, `log`, or `limit` where there are more than `limits.adjustments`; and what the log
    ///   throws.
    public mutating func advance(
        _ partition: Partition, in log: any PartitionedLog, to next: Offset, startingAt start: Offset? = nil
    ) throws {
        try limits.check()
        if let topic, topic != log.topic {
            throw RecountError(.usage, "this recount is of topic \(topic), and \(log.description) is of \(log.topic)")
        }
        topic = log.topic
        var part: Part
        if let known = parts[partition.rawValue] {
            part = known
        } else {
            let start = try start ?? log.bounds(of: partition).start
            part = Part(state: RecountedPartition(partition: partition.rawValue, start: start.rawValue))
        }
        defer { parts[partition.rawValue] = part }
        try PartitionJudge.check(log, partition, from: Offset(part.state.next), to: next)
        if next.rawValue == part.state.next { return }
        try log.forEach(in: partition, from: Offset(part.state.next), to: next) { record in
            guard count < limits.adjustments else {
                throw RecountError(
                    .limit,
                    "\(log.description) has more adjustments than the limit adjustments, \(limits.adjustments); raise it"
                )
            }
            try part.state.take(record, of: log, before: next)
            count += 1
            take(record, &part)
        }
        part.state.skip(to: next.rawValue)
    }

    private mutating func take(_ record: Record, _ part: inout Part) {
        do throws(RecountedAdjustment.Fault) {
            let adjustment = try RecountedAdjustment(record)
            let timestamp = record.timestampMilliseconds
            let time = timestamp < 0 ? adjustment.eventTime : min(adjustment.eventTime, timestamp)
            part.state.streamTime = max(part.state.streamTime ?? time, time)
            insert(adjustment)
        } catch {
            part.state.deadLetters += 1
            part.letters.append(
                Letter(partition: part.state.partition, offset: record.offset.rawValue, code: error.rawValue))
        }
    }

    private mutating func insert(_ adjustment: RecountedAdjustment) {
        copies[adjustment.id, default: []].insertInOrder(adjustment)
    }
}

extension [RecountedAdjustment] {
    /// By partition and offset. Copies of one partition come in their order.
    fileprivate mutating func insertInOrder(_ adjustment: RecountedAdjustment) {
        let place = lastIndex { ($0.partition, $0.offset) < (adjustment.partition, adjustment.offset) }
        insert(adjustment, at: place.map { $0 + 1 } ?? 0)
    }
}
