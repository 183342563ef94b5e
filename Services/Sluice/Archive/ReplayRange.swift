import Archive
import Streams

/// Which records are replayed. A nil means: no limit of this kind.
struct ReplayRange {
    var partition: Partition?
    var fromMilliseconds: Int64?
    /// Exclusive.
    var toMilliseconds: Int64?
    var fromOffset: Offset?
    /// Exclusive.
    var toOffset: Offset?

    /// Whether a record of this time is meant; one without a time is not, where times are given.
    func contains(timestamp: Int64) -> Bool {
        if fromMilliseconds == nil, toMilliseconds == nil { return true }
        return timestamp >= max(0, fromMilliseconds ?? 0) && timestamp < toMilliseconds ?? .max
    }
}

/// One partition that is replayed: the records that are left of it, the next one in hand.
final class ReplayLane {
    let partition: Partition
    /// The archived offsets that are read; the records of the range are among them.
    let start: Offset
    let end: Offset
    private let cursor: ArchiveCursor
    private let range: ReplayRange
    /// The next record to send; nil at the end.
    private(set) var record: Record?
    /// When it is due, by the records' timestamps: its own, or that of the last one before it that has one.
    private(set) var timestamp: Int64 = 0

    init(_ log: ArchivedLog, _ partition: Partition, from start: Offset, to end: Offset, range: ReplayRange) throws {
        self.partition = partition
        self.start = start
        self.end = end
        self.range = range
        cursor = try log.cursor(in: partition, from: start, to: end)
        try advance()
    }

    /// Goes to the next record of the range.
    func advance() throws {
        while let next = try cursor.next() {
            guard range.contains(timestamp: next.timestampMilliseconds) else { continue }
            record = next
            timestamp = max(timestamp, next.timestampMilliseconds)
            return
        }
        record = nil
    }

    var headers: [RecordHeader] { cursor.headers }
}
