import Kafka
import Streams

/// A topic that is partitioned as the events are, into which a command writes single records of campaigns.
final class CampaignTopic {
    let name: String
    let partitions: Int32
    private let producer: KafkaProducer

    /// - Parameter eventsTopic: whose number of partitions it must have, where that topic is there.
    /// - Throws: `CommandFailure` (.usage) where the topic is missing, or has another number of partitions than the
    ///   events'; `KafkaError`.
    init(_ name: String, besides eventsTopic: String, kafka: KafkaClientConfiguration) throws {
        self.name = name
        let admin = try KafkaAdmin(configuration: kafka)
        let events = try Self.partitionCount(of: eventsTopic, admin)
        guard let own = try Self.partitionCount(of: name, admin) else {
            throw CommandFailure(
                .usage,
                "there is no topic \(name): create it with `sluice topics create \(name) --partitions "
                    + "\(events.map(String.init) ?? "N")`, as many as \(eventsTopic) has")
        }
        if let events, events != own {
            throw CommandFailure(
                .usage,
                "topic \(name) has \(own) partitions and \(eventsTopic) has \(events): topics that are joined must be "
                    + "partitioned alike; name another topic, or the right one with --events-topic")
        }
        partitions = Int32(clamping: own)
        producer = try KafkaProducer(
            configuration: kafka,
            settings: KafkaProducer.Settings(lingerMilliseconds: 0, messageTimeoutMilliseconds: 20_000))
    }

    /// Sends one record, keyed by the campaign's id as decimal text, to the campaign's partition, and waits until Kafka
    /// has it.
    ///
    /// - Parameter value: nil is a tombstone.
    /// - Returns: the partition.
    @discardableResult
    func send(_ value: [UInt8]?, ofCampaign campaign: Int64) throws -> Int32 {
        let partition = CampaignCatalog.partition(ofCampaign: campaign, of: partitions)
        let key = Array(String(campaign).utf8)
        try key.withUnsafeBytes { key in
            if let value {
                try value.withUnsafeBytes {
                    try producer.produce(topic: name, partition: Partition(partition), key: key, value: $0)
                }
            } else {
                try producer.produce(topic: name, partition: Partition(partition), key: key, value: nil)
            }
        }
        try producer.flush(timeoutMilliseconds: 25_000)
        return partition
    }

    /// Nil where there is no such topic.
    private static func partitionCount(of topic: String, _ admin: KafkaAdmin) throws -> Int? {
        do throws(KafkaError) {
            return try admin.partitionCount(topic)
        } catch {
            guard error.code == .unknownTopicOrPartition || error.code == .unknownTopic else { throw error }
            return nil
        }
    }
}
