import ArgumentParser

/// The reconciler's command line.
@main
struct ReconcilerCommand: AsyncParsableCommand {
    static let version = "0.1.0"
    static let configuration = CommandConfiguration(
        commandName: "reconciler",
        abstract: "Counts ad spend again from the log, by another way, and compares it with PostgreSQL hour by hour.",
        discussion: """
            Every option can also be given in the environment (--kafka-brokers as SLUICE_KAFKA_BROKERS) or in a JSON \
            file named by --config ({"kafka": {"brokers": "..."}}); a flag wins over the environment, the environment \
            over the file. Secrets are read from files. For a single run there is `sluice reconcile`.
            """,
        version: version, subcommands: [RunCommand.self, CheckCommand.self, ExplainCommand.self])
}
