import ArgumentParser

/// `sluice progress`: how far a job has read each partition, and what operators have changed of it.
struct ProgressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "progress",
        abstract: "Shows how far a job has read each partition, and moves a partition on purpose.",
        subcommands: [ShowProgressCommand.self, SetProgressCommand.self, ProgressHistoryCommand.self],
        defaultSubcommand: ShowProgressCommand.self)
}
