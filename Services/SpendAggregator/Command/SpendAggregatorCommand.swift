import ArgumentParser

/// The spend aggregator's command line.
@main
struct SpendAggregatorCommand: AsyncParsableCommand {
    static let version = "0.1.0"
    static let configuration = CommandConfiguration(
        commandName: "spend-aggregator",
        abstract: "Adds up ad spend by advertiser, campaign and minute, from Kafka to PostgreSQL, exactly once.",
        discussion: """
            Every option can also be given in the environment (--kafka-brokers as SLUICE_KAFKA_BROKERS) or in a JSON \
            file named by --config ({"kafka": {"brokers": "..."}}); a flag wins over the environment, the environment \
            over the file. Secrets are read from files.
            """,
        version: version, subcommands: [RunCommand.self, MigrateCommand.self, CheckCommand.self, ExplainCommand.self])
}
