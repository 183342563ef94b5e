public import Streams

/// A topic in memory: partitions of records, with everything that happens to a real one. Each record owns its bytes.
public final class SimulatedLog {
    /// A record as the log keeps it.
    public struct Entry: Equatable, Sendable {
        public var offset: Offset
        /// -1 where the record has none.
        public var timestampMilliseconds: Int64
        public var key: [UInt8]?
        public var value: [UInt8]?
        public var headers: [RecordHeader]

        public init(
            offset: Offset, timestampMilliseconds: Int64, key: [UInt8]? = nil, value: [UInt8]?,
            headers: [RecordHeader] = []
        ) {
            self.offset = offset
            self.timestampMilliseconds = timestampMilliseconds
            self.key = key
            self.value = value
            self.headers = headers
        }
    }

    private struct Contents {
        var start = Offset(0)
        var end = Offset(0)
        var entries: [Entry] = []

        /// Where the first entry at or after `offset` stands.
        func place(of offset: Offset) -> Int {
            var low = 0
            var high = entries.count
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    public let topic: String
    private var partitions: [Partition: Contents] = [:]

    public init(topic: String) { self.topic = topic }

    // MARK: What producers do

    /// Appends a record; returns its offset.
    @discardableResult
    public func append(
        to partition: Partition, timestampMilliseconds: Int64 = -1, key: [UInt8]? = nil, value: [UInt8]?,
        headers: [RecordHeader] = []
    ) -> Offset {
        let offset = bounds(of: partition).end
        append(
            Entry(
                offset: offset, timestampMilliseconds: timestampMilliseconds, key: key, value: value, headers: headers),
            to: partition)
        return offset
    }

    /// Appends a record with its offset, which leaves a gap where it is beyond the end. In a partition without
    /// records it is also where the log begins.
    public func append(_ entry: Entry, to partition: Partition) {
        var contents = partitions[partition] ?? Contents()
        precondition(entry.offset >= contents.end, "a log grows at its end")
        if contents.end.rawValue == 0 && contents.entries.isEmpty { contents.start = entry.offset }
        contents.entries.append(entry)
        contents.end = entry.offset.next
        partitions[partition] = contents
    }

    /// Takes up an offset without a record, as the end of a transaction does.
    public func appendMarker(to partition: Partition) {
        partitions[partition, default: Contents()].end = bounds(of: partition).end.next
    }

    // MARK: What befalls a log

    /// Retention: removes the records before `offset`.
    public func removeBefore(_ partition: Partition, _ offset: Offset) {
        partitions[partition, default: Contents()].start = offset
        partitions[partition]?.entries.removeAll { $0.offset < offset }
        if bounds(of: partition).end < offset { partitions[partition]?.end = offset }
    }

    /// An unclean election: the log ends at `end`, what was behind it is gone.
    public func truncate(_ partition: Partition, to end: Offset) {
        partitions[partition]?.entries.removeAll { $0.offset >= end }
        partitions[partition]?.end = end
    }

    /// The topic is deleted and created again: offsets begin at 0, nothing is in it.
    public func recreate(_ partition: Partition) { partitions[partition] = Contents() }

    /// Compaction: the record at `offset` is gone, the bounds stay.
    public func remove(_ partition: Partition, at offset: Offset) {
        partitions[partition]?.entries.removeAll { $0.offset == offset }
    }

    /// Something else stands where a record stood.
    public func replace(_ partition: Partition, at offset: Offset, value: [UInt8]?) {
        guard let place = partitions[partition]?.place(of: offset), let entry = entry(partition, at: offset) else {
            preconditionFailure("no record at \(offset)")
        }
        partitions[partition]?.entries[place].value = value
        precondition(entry.value != value, "a replaced record differs")
    }

    // MARK: What readers see

    public func bounds(of partition: Partition) -> LogBounds {
        let contents = partitions[partition] ?? Contents()
        return LogBounds(start: contents.start, end: contents.end)
    }

    public func entry(_ partition: Partition, at offset: Offset) -> Entry? {
        guard let contents = partitions[partition] else { return nil }
        let place = contents.place(of: offset)
        return place < contents.entries.count && contents.entries[place].offset == offset
            ? contents.entries[place] : nil
    }

    /// Up to `limit` records from `offset` on.
    public func entries(_ partition: Partition, from offset: Offset = Offset(0), limit: Int = .max) -> [Entry] {
        guard let contents = partitions[partition] else { return [] }
        let place = contents.place(of: offset)
        return Array(contents.entries[place..<min(contents.entries.count, place + min(limit, contents.entries.count))])
    }

    public func anchor(_ partition: Partition, at offset: Offset) -> Anchor? {
        entry(partition, at: offset).map { entry in
            RecordBlock([(partition, entry)]).withRecords { Anchor(of: $0[0]) }
        }
    }
}
