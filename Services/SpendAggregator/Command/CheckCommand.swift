import ArgumentParser
import Kafka
import Postgres
import Runtime
import ServiceCommand
import Streams

/// `spend-aggregator check`: configuration and connections, without side effects.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Show the effective settings and try the connections; change nothing.")
    @OptionGroup var options: ServiceOptions
    @Flag(help: "Also send a test alert, SluiceHookTest, to each receiver of alerts.") var hookTest = false

    func run() async throws {
        try await CommandFailure.guarded {
            let configuration = try SpendConfiguration.load(options)
            for entry in configuration.effective {
                print("\(entry.key) = \(entry.value)  (\(entry.source))")
            }
            for warning in configuration.warnings { print("warning: \(warning)") }
            var failures = 0
            failures += ServiceFailure.attempt("postgres") { try postgres(configuration) } ? 0 : 1
            failures += ServiceFailure.attempt("kafka") { try kafka(configuration) } ? 0 : 1
            for topic in [configuration.side.adjustmentsTopic, configuration.side.budgetsTopic].compactMap({ $0 }) {
                failures += ServiceFailure.attempt("kafka") { try sideTopic(topic, configuration) } ? 0 : 1
            }
            if let topic = configuration.side.signalsTopic {
                failures += ServiceFailure.attempt("kafka") { try signals(topic, configuration) } ? 0 : 1
            }
            if !HookCheck.attempt(configuration.hooks, service: SpendConfiguration.defaultJob, sendsTest: hookTest) {
                failures += 1
            }
            if failures > 0 { throw ArgumentParser.ExitCode(Runtime.ExitCode.dependencyUnavailable.rawValue) }
        }
    }

    private func postgres(_ configuration: SpendConfiguration) throws -> String {
        let connection = try PostgresConnection(configuration.postgres)
        defer { connection.close() }
        var pending = 0
        for migrator in try MigrateCommand.migrators(configuration.names) {
            pending += try migrator.status(on: connection).pending.count
        }
        let major = connection.serverVersion / 10_000
        return "PostgreSQL \(major), "
            + (pending == 0 ? "schemas are current" : "\(pending) migrations pending (spend-aggregator migrate)")
    }

    private func kafka(_ configuration: SpendConfiguration) throws -> String {
        let admin = try KafkaAdmin(configuration: configuration.kafka)
        let count = try admin.partitionCount(configuration.job.topic)
        return "topic \(configuration.job.topic) has \(count) partitions"
    }

    /// A topic that is read beside the events: a campaign must be in the same partition of both.
    private func sideTopic(_ topic: String, _ configuration: SpendConfiguration) throws -> String {
        let admin = try KafkaAdmin(configuration: configuration.kafka)
        let count = try admin.partitionCount(topic)
        let expected = try admin.partitionCount(configuration.job.topic)
        guard count == expected else {
            throw RuntimeError(
                .configurationInvalid,
                "topic \(topic) has \(count) partitions and \(configuration.job.topic) has \(expected): topics are to be "
                    + "partitioned alike, so that one process reads all of a campaign")
        }
        return "topic \(topic) has \(count) partitions"
    }

    /// The topic of signals and that of their positions are made by the first relay where they are missing.
    private func signals(_ topic: String, _ configuration: SpendConfiguration) throws -> String {
        let admin = try KafkaAdmin(configuration: configuration.kafka)
        do throws(KafkaError) {
            return "topic \(topic) has \(try admin.partitionCount(topic)) partitions"
        } catch {
            guard error.code == .unknownTopicOrPartition || error.code == .unknownTopic else { throw error }
            return "topic \(topic) will be made with \(configuration.side.signalsPartitions) partitions"
        }
    }
}
