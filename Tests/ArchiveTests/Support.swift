import Archive
import Foundation
import Kafka
import LocalServers
import Streams

/// Runs a test's blocking work on a thread of its own: Kafka's clients belong to one thread, and the pool's threads are
/// few.
func onThread<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
}

/// A new topic on the shared broker, and how to reach it.
func newTopic(partitions: Int) async throws -> (KafkaClientConfiguration, String) {
    let configuration = KafkaClientConfiguration(
        bootstrapServers: try await TestServers.brokers().split(separator: ",").map(String.init),
        clientID: "archive-tests")
    let topic = TestServers.uniqueName("archive")
    try await onThread {
        try KafkaAdmin(configuration: configuration).createTopic(topic, partitions: partitions)
    }
    return (configuration, topic)
}

extension KafkaProducer {
    /// Produces records of a partition; those without a timestamp get the present time.
    func produce(_ records: [KeptRecord], to topic: String, _ partition: Int32) throws {
        for record in records {
            try record.withRecord(Partition(partition)) {
                try produce(
                    topic: topic, partition: Partition(partition),
                    timestampMilliseconds: $0.timestampMilliseconds > 0 ? $0.timestampMilliseconds : nil,
                    key: $0.key, value: $0.value, headers: record.headers)
            }
        }
        try flush(timeoutMilliseconds: 30_000)
    }
}

extension TemporaryArchive {
    /// Archives what a log has of a partition before an offset, in segments of so many offsets.
    func archive(_ log: any PartitionedLog, _ partition: Int32, upTo end: Int64, every step: Int64) throws {
        let archived = try folder.bounds(of: log.topic, Partition(partition))?.end
        var start = try archived ?? log.bounds(of: Partition(partition)).start
        while start.rawValue < end {
            let last = min(start.rawValue + step, end) - 1
            let records = try log.records(in: partition, from: start.rawValue, to: last + 1)
            try write(records, topic: log.topic, partition: partition, first: start.rawValue, last: last)
            start = Offset(last + 1)
        }
    }
}

/// A log in memory, as a topic whose ends the test moves.
final class ScriptedLog: PartitionedLog {
    let topic: String
    var start: Int64
    var end: Int64
    var kept: [KeptRecord]
    private var current: KeptRecord?

    init(_ kept: [KeptRecord], topic: String = "events", start: Int64, end: Int64) {
        self.kept = kept
        self.topic = topic
        self.start = start
        self.end = end
    }

    var description: String { "scripted log" }
    func partitions() throws -> [Partition] { [Partition(0)] }
    func bounds(of partition: Partition) throws -> LogBounds { LogBounds(start: Offset(start), end: Offset(end)) }

    func forEach(
        in partition: Partition, from start: Offset, to end: Offset, _ body: (Record) throws -> Void
    ) throws -> Int {
        precondition(start.rawValue >= self.start && end.rawValue <= self.end, "read outside of the log")
        let chosen = kept.filter { $0.offset >= start.rawValue && $0.offset < end.rawValue }
        for record in chosen {
            current = record
            try record.withRecord(partition, body)
        }
        return chosen.count
    }

    func headers(of record: Record) -> [RecordHeader] { current?.headers ?? [] }
}
