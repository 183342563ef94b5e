import ArgumentParser
import Kafka

/// How a command reaches a topic beside that of the events.
struct CampaignTopicOptions: ParsableArguments {
    @OptionGroup var kafka: KafkaOptions
    @Option(
        help: "The events' topic, whose partitions the other one must match. [SLUICE_KAFKA_TOPIC] (default: ad-events)")
    var eventsTopic: String?

    /// - Throws: `CommandFailure`, `KafkaError`: see `CampaignTopic.init`.
    func open(_ topic: String) throws -> CampaignTopic {
        try CampaignTopic(
            topic, besides: eventsTopic ?? Environment.value("SLUICE_KAFKA_TOPIC") ?? "ad-events",
            kafka: kafka.configuration())
    }
}
