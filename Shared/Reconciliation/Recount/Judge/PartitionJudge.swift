import Archive
import Streams

/// Takes one partition from offset to offset: reads, fills blocks and has them judged.
final class PartitionJudge {
    /// How many holes of the log are listed.
    static let listedHoles = 100

    /// Up to the last block that was judged and taken.
    private(set) var state: RecountedPartition
    let ids: PartitionIDs

    init(_ state: RecountedPartition, ids: PartitionIDs) {
        self.state = state
        self.ids = ids
    }

    /// Reads to exactly `next`. Where reading fails, `state` is that of the last whole block, and the same call may be made
    /// again.
    /// - Parameters:
    ///   - take: gets each judged block.
    ///   - settling: true before a block is judged, false once it has been taken: an error in between leaves ids and rows
    ///     that do not agree.
    func advance(
        in log: any PartitionedLog, to next: Offset, block: JudgedBlock,
        take: (JudgedBlock) throws -> Void, settling: (Bool) -> Void = { _ in }
    ) throws {
        let partition = Partition(state.partition)
        try Self.check(log, partition, from: Offset(state.next), to: next)
        guard next.rawValue > state.next else { return }
        var draft = state
        block.removeAll()
        defer { block.removeAll() }
        try log.forEach(in: partition, from: Offset(state.next), to: next) { record in
            try draft.take(record, of: log, before: next)
            block.append(record, to: &draft)
            if block.isFull { try settle(block, &draft, take, settling) }
        }
        draft.skip(to: next.rawValue)
        try settle(block, &draft, take, settling)
    }

    private func settle(
        _ block: JudgedBlock, _ draft: inout RecountedPartition, _ take: (JudgedBlock) throws -> Void,
        _ settling: (Bool) -> Void
    ) throws {
        settling(true)
        try block.judge(ids, &draft)
        try take(block)
        state = draft
        block.removeAll()
        settling(false)
    }

    /// Whether a log can give what is asked of it.
    static func check(_ log: any PartitionedLog, _ partition: Partition, from: Offset, to: Offset) throws {
        guard to >= from else {
            throw RecountError(
                .usage,
                "partition \(partition) of \(log.topic) has been recounted to offset \(from) and cannot go back to \(to); "
                    + "start a new recount")
        }
        let bounds = try log.bounds(of: partition)
        guard bounds.start <= from || from == to else {
            throw RecountError(
                .log,
                "offset \(from) of partition \(partition) is not in \(log.description) any more: it begins at "
                    + "\(bounds.start); read an archive that reaches further back, or start a new recount there")
        }
        guard to <= bounds.end else {
            throw RecountError(
                .log,
                "\(log.description) ends at offset \(bounds.end) of partition \(partition), before offset \(to)")
        }
    }
}

extension RecountedPartition {
    /// Counts a record, and the offsets before it that have none.
    @inline(__always)
    mutating func take(_ record: Record, of log: any PartitionedLog, before end: Offset) throws {
        let offset = record.offset.rawValue
        guard offset >= next, record.offset < end, record.partition.rawValue == partition else {
            throw RecountError(
                .log,
                "\(log.description) handed over offset \(offset) of partition \(record.partition) where partition "
                    + "\(partition) was to go on at \(next) to before \(end)")
        }
        if offset > next { skip(to: offset) }
        next = record.offset.next.rawValue
        records += 1
        contentHash = RecordHash.adding(record, to: contentHash)
    }

    /// The log has no record from `next` to before `offset`.
    mutating func skip(to offset: Int64) {
        guard offset > next else { return }
        skipped += offset - next
        let last = Offset(offset).previous.rawValue
        if let open = holes.last, Offset(open[1]).next.rawValue == next {
            // The recount stopped inside this hole.
            holes[holes.count - 1][1] = last
        } else if holes.count < PartitionJudge.listedHoles {
            holes.append([next, last])
        }
        next = offset
    }
}
