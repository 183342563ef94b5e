import ArgumentParser

/// The archiver's command line.
@main
struct ArchiverCommand: AsyncParsableCommand {
    static let version = "0.1.0"
    static let configuration = CommandConfiguration(
        commandName: "archiver",
        abstract: "Keeps a Kafka topic as immutable, checksummed segment files, each record exactly once.",
        discussion: """
            Every option can also be given in the environment (--kafka-brokers as SLUICE_KAFKA_BROKERS) or in a JSON \
            file named by --config ({"kafka": {"brokers": "..."}}); a flag wins over the environment, the environment \
            over the file. Secrets are read from files. `sluice archive` lists, verifies and replays what was archived.
            """,
        version: version, subcommands: [RunCommand.self, CheckCommand.self, ExplainCommand.self])
}
