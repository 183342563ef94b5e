/// What an operator can do on purpose with a partition that stands still, or whose results have to be made again.
public enum OperatorMove: Equatable, Sendable {
    /// Go on at an offset behind the next one. What lies between is given up for good.
    case acceptGap(to: Offset)
    /// The log was cut off: go on there, with the records that were written since. Results stay.
    case acceptTruncation(at: Offset)
    /// The topic was made again: go on in the new log. Results of the old one stay.
    case newLog(from: Offset)
    /// Go on at the same place without the remembered ids.
    case forgetIDs
    /// Apply the partition again from the first record that was ever applied. Its outputs go with its progress.
    case rewind

    /// The fixed name under which a change is recorded.
    public var kind: String {
        switch self {
        case .acceptGap: "accept_gap"
        case .acceptTruncation: "accept_truncation"
        case .newLog: "new_log"
        case .forgetIDs: "forget_ids"
        case .rewind: "rewind"
        }
    }
}

/// What is known of a partition when an operator wants to move it.
public struct MoveSituation: Equatable, Sendable {
    /// How the record at the offset of the last applied one compares with it; of a compacted topic, at that of the
    /// newest remembered one that the log still holds.
    public enum LastApplied: Equatable, Sendable {
        /// It is the same record: the log is the one that was read.
        case unchanged
        case replaced
        /// There is no such record, or none was remembered.
        case unknown
    }

    public var topic: String
    public var partition: Partition
    public var progress: PartitionProgress
    public var bounds: LogBounds
    public var lastApplied: LastApplied
    /// The record that was compared; nil: the last applied one, if any.
    public var compared: Anchor?
    /// Results hold records of a log that was cut off or made again: an operator went on since.
    public var outlivedItsLog: Bool
    /// The first record at or behind the next offset, or what was looked up to where there is none; nil where nobody
    /// looked, so that the log counts as whole within its bounds.
    public var firstReadable: Offset?

    public init(
        topic: String, partition: Partition, progress: PartitionProgress, bounds: LogBounds,
        lastApplied: LastApplied, compared: Anchor? = nil,
        outlivedItsLog: Bool, firstReadable: Offset? = nil
    ) {
        self.topic = topic
        self.partition = partition
        self.progress = progress
        self.bounds = bounds
        self.lastApplied = lastApplied
        self.compared = compared
        self.outlivedItsLog = outlivedItsLog
        self.firstReadable = firstReadable
    }
}

/// Why a partition is not moved, in words that name the topic, the partition, the offsets and what to do instead.
public struct MoveRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    public var message: String
    public var description: String { message }
}

extension OperatorMove {
    /// The progress after the move, or why it would leave results that are wrong.
    public func progress(in situation: MoveSituation) throws(MoveRefusal) -> PartitionProgress {
        guard let next = situation.progress.nextOffset, let first = situation.progress.firstOffset else {
            throw situation.refusal("nothing of it was ever applied: it begins at its log's beginning by itself")
        }
        switch self {
        case .acceptGap(let offset): try situation.checkGap(from: next, to: offset)
        case .acceptTruncation(let offset): try situation.checkTruncation(at: offset, next: next)
        case .newLog(let offset): try situation.checkNewLog(from: offset, next: next)
        case .forgetIDs: try situation.checkForgottenIDs(next: next)
        case .rewind: try situation.checkRewind(first: first)
        }
        return switch self {
        case .acceptGap(let offset):
            situation.progress.moved(to: offset, skipsReadable: situation.readable(before: offset) > 0)
        case .acceptTruncation(let offset): situation.progress.moved(to: offset)
        case .newLog(let offset): situation.progress.moved(to: offset, isNewLog: true)
        case .forgetIDs: situation.progress.withoutIDs
        case .rewind: .beginning(at: first)
        }
    }
}

extension MoveSituation {
    fileprivate func refusal(_ reason: String) -> MoveRefusal {
        MoveRefusal(message: "\(topic)/\(partition): \(reason)")
    }

    /// How many of the offsets from the next one to before `offset` the log may still hold; 0 where it holds none.
    public func readable(before offset: Offset) -> Int64 {
        guard let next = progress.nextOffset else { return 0 }
        return max(0, offset.rawValue - max(next, bounds.start, firstReadable ?? next).rawValue)
    }

    private func checkWithin(_ offset: Offset) throws(MoveRefusal) {
        if offset < bounds.start {
            throw refusal(
                "offset \(offset) lies before the log's beginning: it holds the offsets \(bounds.start) to "
                    + "\(bounds.end.previous); give \(bounds.start)")
        }
        if offset > bounds.end {
            throw refusal(
                "offset \(offset) lies beyond the log's end: the next record will be \(bounds.end), which is the "
                    + "largest that can be given")
        }
    }

    fileprivate func checkGap(from next: Offset, to offset: Offset) throws(MoveRefusal) {
        if next > bounds.end {
            throw refusal(
                "this is no gap: the log ends at \(bounds.end), before the next offset \(next). Give "
                    + "--accept-truncation-at where it was cut off, or --new-log-from where the topic was made again")
        }
        if lastApplied == .replaced {
            throw refusal(
                "this is no gap: \(lastRecord) is not the one that was applied, so records before the next offset "
                    + "\(next) were never read. Give --accept-truncation-at where the log was cut off, or "
                    + "--new-log-from where the topic was made again")
        }
        try checkWithin(offset)
        guard offset <= next else { return }
        if offset == next {
            throw refusal(
                "offset \(offset) is the next one already: there is nothing to accept. To go on without the "
                    + "remembered ids give --forget-ids")
        }
        throw refusal(
            "offset \(offset) lies before the next one, \(next): what stands between would be counted twice, because "
                + "sums cannot be taken back in part. To apply the partition again give --rewind")
    }

    /// The log is not the one that was read: it is too short, or another record stands at the last one's place.
    private var isAnotherLog: Bool {
        if let next = progress.nextOffset, next > bounds.end { return true }
        return lastApplied == .replaced
    }

    private var lastRecord: String {
        (compared ?? progress.anchor).map { "the record at offset \($0.offset)" } ?? "the last record"
    }

    private var sameLog: String {
        switch (lastApplied, progress.anchor) {
        case (.unchanged, let anchor?) where (compared ?? anchor) != anchor:
            "\(lastRecord) is the one that was applied (the last one, offset \(anchor.offset), is not in it any more)"
        case (.unchanged, _): "\(lastRecord) is the one that was applied last"
        case (_, let anchor?):
            "the last applied record, offset \(anchor.offset), is not in it to be compared"
                + (progress.olderAnchors.isEmpty ? "" : ", nor is any older one that is remembered")
        case (_, nil): "no last applied record is remembered to be compared"
        }
    }

    fileprivate func checkTruncation(at offset: Offset, next: Offset) throws(MoveRefusal) {
        guard isAnotherLog else {
            throw refusal(
                "nothing shows that the log was cut off: it reaches \(bounds.end), and \(sameLog). Records from "
                    + "\(offset) on would be counted twice, because sums cannot be taken back in part. To apply the "
                    + "partition again give --rewind")
        }
        try checkWithin(offset)
        guard offset < next else {
            throw refusal(
                "offset \(offset) does not lie before the next one, \(next): a log that was cut off there has lost "
                    + "nothing that was applied")
        }
    }

    fileprivate func checkNewLog(from offset: Offset, next: Offset) throws(MoveRefusal) {
        if !isAnotherLog, lastApplied == .unchanged {
            throw refusal(
                "this is not another log: \(sameLog). Its records would be counted twice. To apply the partition "
                    + "again give --rewind")
        }
        try checkWithin(offset)
        if !isAnotherLog, offset < next {
            throw refusal(
                "nothing shows that this is another log: it reaches \(bounds.end), and \(sameLog). Records from "
                    + "\(offset) to before the next one, \(next), might be counted twice, because sums cannot be taken "
                    + "back in part. To apply the partition again give --rewind")
        }
    }

    /// In another log the ids are not what has to be given up, and the place is wrong as well.
    fileprivate func checkForgottenIDs(next: Offset) throws(MoveRefusal) {
        if isAnotherLog {
            throw refusal(
                "this is not the log that was read (it was cut off, or the topic was made again), so records before "
                    + "the next offset \(next) were never applied: without the remembered ids it would go on behind "
                    + "them. Give --accept-truncation-at or --new-log-from")
        }
        if next < bounds.start {
            throw refusal(
                "the next offset \(next) is gone: the log begins at \(bounds.start). Give --accept-gap-to "
                    + "\(bounds.start)")
        }
    }

    fileprivate func checkRewind(first: Offset) throws(MoveRefusal) {
        let instead = "what they came to would be lost. Keep the results and go on with "
        if isAnotherLog || outlivedItsLog {
            throw refusal(
                "the results hold records that this log does not hold (it was cut off, or the topic was made again): "
                    + instead + "--accept-truncation-at or --new-log-from, or give the job schemas of its own "
                    + "(--job, --schema-prefix)")
        }
        guard bounds.start <= first else {
            throw refusal(
                "the log begins at \(bounds.start), but the results hold records from \(first) on: " + instead
                    + "--accept-gap-to, or restore offsets \(first) to \(bounds.start.previous) and rewind then")
        }
    }
}
