import ArgumentParser
import Kafka

/// `sluice topics`: what the other commands need of Kafka's administration, and no more.
struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics", abstract: "Creates and deletes topics.", subcommands: [Create.self, Delete.self])

    /// `sluice topics create`.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates a topic, or checks that it has the right number of partitions.")

        @OptionGroup var kafka: KafkaOptions
        @Argument(help: "The topic.")
        var topic: String
        @Option(help: "How many partitions it has.")
        var partitions = 16
        @Option(help: "On how many brokers each record is kept; -1 leaves it to the brokers.")
        var replication = 1
        @Flag(help: "Only the last record of each key need be kept, as for budgets; of use where the topic is created.")
        var compacted = false

        func run() async throws {
            guard (1...10_000).contains(partitions) else {
                throw CommandFailure(.usage, "--partitions must be from 1 to 10000")
            }
            let admin = try KafkaAdmin(configuration: kafka.configuration())
            let existed = try TopicsCommand.ensure(
                admin, topic: topic, partitions: partitions, replication: replication, isCompacted: compacted)
            Output.write("topic \(topic) \(existed ? "exists" : "created"), \(partitions) partitions\n")
        }
    }

    /// `sluice topics delete`.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a topic with all its records.",
            discussion: "A job that still reads the topic stops its partitions: its log is not what it was.")

        @OptionGroup var kafka: KafkaOptions
        @Argument(help: "The topic.")
        var topic: String

        func run() async throws {
            try KafkaAdmin(configuration: kafka.configuration()).deleteTopic(topic)
            Output.write("topic \(topic) deleted\n")
        }
    }

    /// Creates a topic where it is missing.
    ///
    /// - Returns: whether it was there before.
    /// - Throws: `CommandFailure` (.usage) where it has another number of partitions; `KafkaError`.
    static func ensure(
        _ admin: KafkaAdmin, topic: String, partitions: Int, replication: Int = 1, isCompacted: Bool = false
    ) throws -> Bool {
        if try isThere(admin, topic: topic, partitions: partitions) { return true }
        var refusal: KafkaError?
        do throws(KafkaError) {
            // The records carry the times of the stream, which may lie far back: retention by time would remove them.
            try admin.createTopic(
                topic, partitions: partitions, replication: replication,
                configuration: isCompacted ? ["cleanup.policy": "compact"] : ["retention.ms": "-1"])
        } catch {
            refusal = error
        }
        guard let refusal else { return false }
        guard refusal.code == .topicAlreadyExists else { throw refusal }
        // Somebody was quicker; its partitions are checked as those of any other.
        return try isThere(admin, topic: topic, partitions: partitions)
    }

    private static func isThere(_ admin: KafkaAdmin, topic: String, partitions: Int) throws -> Bool {
        let found: Int
        do throws(KafkaError) {
            found = try admin.partitionCount(topic)
        } catch {
            guard error.code == .unknownTopicOrPartition || error.code == .unknownTopic else { throw error }
            return false
        }
        guard found == partitions else {
            throw CommandFailure(
                .usage,
                "topic \(topic) has \(found) partitions, not \(partitions): give --partitions \(found), or use "
                    + "another topic")
        }
        return true
    }
}
