import Kafka
import Streams

/// A partition's log as it is now, for whoever has to decide whether it is still the one that was read.
struct PartitionLog {
    private let reader: KafkaRecordReader
    private let topic: String
    private let partition: Partition

    init(_ configuration: KafkaClientConfiguration, topic: String, partition: Partition) throws {
        reader = try KafkaRecordReader(configuration: configuration)
        self.topic = topic
        self.partition = partition
    }

    /// - Throws: `CommandFailure` (.dependency) where Kafka does not say it.
    func bounds() throws -> LogBounds {
        do throws(KafkaError) {
            let ends = try reader.watermarkOffsets(topic: topic, partition: partition, timeoutMilliseconds: 10_000)
            return LogBounds(start: ends.low, end: ends.high)
        } catch {
            throw CommandFailure(
                .dependency,
                "\(topic)/\(partition): Kafka does not say where the log begins and ends, so nothing is changed: \(error)"
            )
        }
    }

    /// The first record from `start` on; `end` where there is none before it. Bounds alone do not say it: a log can
    /// have holes.
    func firstRecord(from start: Offset, before end: Offset, _ bounds: LogBounds) throws -> Offset {
        struct Found: Error { var offset: Offset }
        let last = min(end, bounds.end)
        do {
            try reader.forEach(
                topic: topic, partition: partition, from: max(start, bounds.start), to: last,
                stallTimeoutMilliseconds: 10_000
            ) { record in throw Found(offset: record.offset) }
            return end
        } catch let found as Found {
            return found.offset
        }
    }

    /// Whether the record that was applied last is still what stands at its offset; of a compacted topic, the newest
    /// remembered one that is still there.
    func compare(
        _ progress: PartitionProgress, _ bounds: LogBounds
    ) throws -> (answer: MoveSituation.LastApplied, compared: Anchor?) {
        try progress.lastApplied { offset in
            guard offset >= bounds.start, offset < bounds.end else { return nil }
            var found: Anchor?
            try reader.forEach(
                topic: topic, partition: partition, from: offset, to: offset.next, stallTimeoutMilliseconds: 10_000
            ) { record in
                if record.offset == offset { found = Anchor(of: record) }
            }
            return found
        }
    }
}
