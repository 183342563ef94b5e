import Kafka
import Schemas
import Streams

/// What a topic of signals holds for a consumer of committed records. Belongs to one thread.
final class SignalLog {
    /// More than this many are not held in memory.
    static let limit = 1_000_000

    let topic: String
    /// Each partition's in the order of the log.
    private(set) var published: [PublishedSignal] = []
    /// Records that are no signals.
    private(set) var unreadable: [String] = []
    /// How many partitions the topic has, from the first `advance` on.
    private(set) var partitions: Int32 = 0
    private let reader: KafkaRecordReader
    private let admin: KafkaAdmin
    private var next: [Int32: Offset] = [:]

    init(kafka: KafkaClientConfiguration, topic: String) throws {
        self.topic = topic
        var committed = kafka
        committed.extra["isolation.level"] = "read_committed"
        reader = try KafkaRecordReader(configuration: committed)
        admin = try KafkaAdmin(configuration: committed)
    }

    var count: Int { published.count }

    /// Reads what has come since the last time, up to the topic's present end.
    ///
    /// - Throws: `CommandFailure` (.usage) where there is no such topic, or it holds more than `limit`; `KafkaError`.
    func advance() throws {
        let ends: [(partition: Partition, low: Offset, high: Offset)]
        do throws(KafkaError) {
            ends = try admin.watermarkOffsets(topic: topic)
        } catch {
            guard error.code == .unknownTopicOrPartition || error.code == .unknownTopic else { throw error }
            throw CommandFailure(
                .usage, "there is no topic \(topic): the aggregator creates the one that --signals-topic names")
        }
        partitions = Int32(clamping: ends.count)
        for end in ends {
            let start = next[end.partition.rawValue] ?? end.low
            try reader.forEach(topic: topic, partition: end.partition, from: start, to: end.high) { try take($0) }
            next[end.partition.rawValue] = max(start, end.high)
        }
    }

    private func take(_ record: Record) throws {
        guard published.count < Self.limit else {
            throw CommandFailure(.usage, "\(topic) holds more than \(Self.limit) signals: this command reads no more")
        }
        let partition = record.partition.rawValue
        let offset = record.offset.rawValue
        guard let value = record.value, let signal = BudgetSignalReader.read(value) else {
            unreadable.append("\(topic)/\(partition) has a record at offset \(offset) that is no signal")
            return
        }
        published.append(
            PublishedSignal(
                partition: partition, offset: offset, key: record.key.map { String(decoding: $0, as: UTF8.self) },
                signal: signal))
    }
}
