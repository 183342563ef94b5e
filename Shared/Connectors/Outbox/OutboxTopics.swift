import Kafka
import Streams

/// The output's topic and its positions topic: makes them, and reads the positions. Confined to the relay's thread.
///
/// A position is a record of partition 0 with the key `<output>/<lane>` and the sequence as decimal text; the last one
/// of a key counts, and a tombstone takes it away. A header holds the time at which its message was written.
final class OutboxTopics {
    static let positionsPartition = Partition(0)
    private static let askTimeoutMilliseconds: Int32 = 5_000
    /// How long reading may stand still.
    private static let stallTimeoutMilliseconds = 10_000

    private let settings: OutboxRelay.Settings
    private let admin: KafkaAdmin
    private let reader: KafkaRecordReader

    init(_ configuration: KafkaClientConfiguration, _ settings: OutboxRelay.Settings) throws(KafkaError) {
        self.settings = settings
        // To its end means behind every transaction, also one that somebody has left open: reading then stands still
        // instead of taking an older position for the last one.
        var whole = configuration
        whole.extra["isolation.level"] = "read_uncommitted"
        admin = try KafkaAdmin(configuration: whole)
        var committed = configuration
        committed.extra["isolation.level"] = "read_committed"
        reader = try KafkaRecordReader(configuration: committed)
    }

    // MARK: The topics

    /// Makes what is not there.
    /// - Returns: how many partitions the output's topic has.
    func prepare() throws(KafkaError) -> Int32 {
        _ = try partitions(
            of: settings.positionsTopic, orCreate: 1,
            [
                // Small segments, so that there is little to read from the beginning.
                "cleanup.policy": "compact", "segment.bytes": "16777216", "segment.ms": "3600000",
                "min.cleanable.dirty.ratio": "0.1",
            ])
        return Int32(clamping: try partitions(of: settings.topic, orCreate: settings.partitions, [:]))
    }

    private func partitions(
        of topic: String, orCreate count: Int, _ configuration: [String: String]
    ) throws(KafkaError) -> Int {
        do throws(KafkaError) {
            return try admin.partitionCount(topic, timeoutMilliseconds: Self.askTimeoutMilliseconds)
        } catch {
            guard error.code == .unknownTopicOrPartition || error.code == .unknownTopic else { throw error }
        }
        do throws(KafkaError) {
            try admin.createTopic(
                topic, partitions: count, replication: settings.replication, configuration: configuration,
                timeoutMilliseconds: Self.askTimeoutMilliseconds)
        } catch {
            guard error.code == .topicAlreadyExists else { throw error }
        }
        return try admin.partitionCount(topic, timeoutMilliseconds: Self.askTimeoutMilliseconds)
    }

    /// Whether a reader of committed records finds any in the output's topic.
    func hasRecords() throws(KafkaError) -> Bool {
        for (partition, low, high) in try admin.watermarkOffsets(
            topic: settings.topic, timeoutMilliseconds: Self.askTimeoutMilliseconds)
        where low < high {
            let found = try reader.read(
                topic: settings.topic, partition: partition, from: low, maximum: 1,
                timeoutMilliseconds: Self.stallTimeoutMilliseconds)
            if !found.isEmpty { return true }
        }
        return false
    }

    // MARK: Positions

    static func positionKey(output: String, lane: Int32) -> [UInt8] { Array("\(output)/\(lane)".utf8) }

    /// The output's positions, by lane, from all that is committed. Only what is read after the relay has fenced its
    /// predecessors is final: no transaction of theirs can be committed any more.
    func positions() throws(OutboxFailure) -> [Int32: OutboxPosition] {
        let topic = settings.positionsTopic
        var positions: [Int32: OutboxPosition] = [:]
        do {
            let ends = try admin.watermarkOffsets(
                topic: topic, partition: Self.positionsPartition, timeoutMilliseconds: Self.askTimeoutMilliseconds)
            try reader.forEach(
                topic: topic, partition: Self.positionsPartition, from: ends.low, to: ends.high,
                stallTimeoutMilliseconds: Self.stallTimeoutMilliseconds
            ) { try take($0, into: &positions) }
        } catch let error as KafkaError {
            throw .kafka(error)
        } catch let reason as OutboxStopReason {
            throw .stop(reason)
        } catch {
            throw .kafka(KafkaError(code: .invalidState, message: "reading positions: \(error)", topic: topic))
        }
        return positions
    }

    private func take(_ record: Record, into positions: inout [Int32: OutboxPosition]) throws(OutboxStopReason) {
        guard let key = record.key.map({ String(decoding: $0, as: UTF8.self) }), key.hasPrefix(settings.output + "/"),
            let lane = Int32(key.dropFirst(settings.output.utf8.count + 1))
        else { return }
        guard let value = record.value else {
            positions[lane] = nil
            return
        }
        guard let sequence = Int64(String(decoding: value, as: UTF8.self)), sequence >= 0 else {
            throw .positionUnreadable(topic: settings.positionsTopic, offset: record.offset.rawValue, key: key)
        }
        let header = KafkaStoredRecord(copying: record).headers.last { $0.name == OutboxPosition.writtenAtHeader }
        positions[lane] = OutboxPosition(
            sequence: sequence,
            writtenAtMilliseconds: header?.value.flatMap { Int64(String(decoding: $0, as: UTF8.self)) })
    }
}
