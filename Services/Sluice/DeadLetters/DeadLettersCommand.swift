import ArgumentParser

/// `sluice dead-letters`: the records that a job could not count.
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "Lists, shows and re-drives records that could not be counted.",
        subcommands: [ListCommand.self, ShowCommand.self, RedriveCommand.self])

    /// Which letters have been sent again.
    enum State: String, CaseIterable, ExpressibleByArgument {
        case all, pending, redriven

        var isRedriven: Bool? {
            switch self {
            case .all: nil
            case .pending: false
            case .redriven: true
            }
        }
    }

    /// `sluice dead-letters list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Lists dead letters, and counts them by reason.")

        @OptionGroup var postgres: PostgresOptions
        @OptionGroup var job: JobOptions
        @Option(help: "Only this topic.")
        var topic: String?
        @Option(help: "Only this reason, such as undecodable or currency.")
        var reason: String?
        @Option(help: "Only this partition.")
        var partition: Int32?
        @Option(help: "all, pending or redriven.")
        var state = State.all
        @Option(help: "How many letters to list; the counts are of all.")
        var limit = 20
        @Flag(help: "Only count by reason.")
        var counts = false
        @Option(help: "table, csv or json.")
        var format = Table.Format.table

        func run() async throws {
            guard (1...1_000_000).contains(limit) else {
                throw CommandFailure(.usage, "--limit must be from 1 to 1000000")
            }
            let store = DeadLetterStore(schemas: postgres.schemas, job: job.name, connection: try postgres.connect())
            let filter = DeadLetterStore.Filter(
                topic: topic, reason: reason, partition: partition, isRedriven: state.isRedriven)
            var text = ""
            if counts || format == .table { text += try store.counts(filter).rendered(as: format) }
            if !counts {
                if format == .table { text += "\n" }
                text += try store.list(filter, limit: limit).rendered(as: format)
            }
            Output.write(text)
        }
    }
}
