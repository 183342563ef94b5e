import Archive
import Streams
import TestKit

/// A log in memory. The bytes of a record are overwritten when the next ones come, so whoever keeps a pointer is found out.
final class ScriptedLog: PartitionedLog {
    struct Failure: Error, Equatable {}

    let topic: String
    var entries: [Int32: [SimulatedLog.Entry]]
    /// Where they differ from the first entry and the one after the last.
    var starts: [Int32: Int64] = [:]
    var ends: [Int32: Int64] = [:]
    /// Reading throws before this offset, once.
    var failsBefore: Int64?

    init(topic: String = "ad-events", _ entries: [Int32: [SimulatedLog.Entry]] = [:]) {
        self.topic = topic
        self.entries = entries
    }

    var description: String { "scripted log" }

    func partitions() -> [Partition] { entries.keys.sorted().map { Partition($0) } }

    func bounds(of partition: Partition) -> LogBounds {
        let all = entries[partition.rawValue] ?? []
        let start = starts[partition.rawValue] ?? all.first?.offset.rawValue ?? 0
        let end = ends[partition.rawValue] ?? (all.last?.offset.rawValue).map { $0 + 1 } ?? start
        return LogBounds(start: Offset(start), end: Offset(end))
    }

    func forEach(
        in partition: Partition, from start: Offset, to end: Offset, _ body: (Record) throws -> Void
    ) throws -> Int {
        let wanted = (entries[partition.rawValue] ?? []).filter { $0.offset >= start && $0.offset < end }
        for place in stride(from: 0, to: wanted.count, by: 5) {
            let block = RecordBlock(wanted[place..<min(place + 5, wanted.count)].map { (partition, $0) })
            var failure: (any Error)?
            block.withRecords { records in
                do {
                    for record in records { try hand(record, to: body) }
                } catch { failure = error }
            }
            if let failure { throw failure }
        }
        return wanted.count
    }

    private func hand(_ record: Record, to body: (Record) throws -> Void) throws {
        if let failsBefore, record.offset.rawValue >= failsBefore {
            self.failsBefore = nil
            throw Failure()
        }
        try body(record)
    }
}
