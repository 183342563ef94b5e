import ArgumentParser
import Postgres

/// `sluice rates`: the dated rates that reports convert with.
struct RatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rates",
        abstract: "Imports and lists the exchange rates that reports convert with.",
        subcommands: [ImportCommand.self, ListCommand.self])

    /// `sluice rates import`.
    struct ImportCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Imports rates from a CSV file, all of them or none.",
            discussion: """
                The first line is from_currency,to_currency,valid_from,rate and may end with ,source. A rate is how many \
                units of to_currency one of from_currency is, in digits with a point; it holds from the date on until the \
                next one. A rate that is there already is replaced.
                """)

        @OptionGroup var postgres: PostgresOptions
        @Argument(help: "The CSV file.")
        var file: String

        func run() async throws {
            let rates = try RateFile.read(file)
            let connection = try postgres.connect()
            let counts = try RateStore(schemas: postgres.schemas, connection: connection).store(rates)
            Output.write(
                "\(rates.count) rates: \(counts.new) new, \(counts.replaced) replaced, \(counts.same) as before\n")
        }
    }

    /// `sluice rates list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Lists rates, the newest of each pair first.")

        @OptionGroup var postgres: PostgresOptions
        @Option(help: "Only from this currency.")
        var fromCurrency: String?
        @Option(help: "Only into this currency.")
        var toCurrency: String?
        @Option(help: "How many rates.")
        var limit = 1000
        @Option(help: "table, csv or json.")
        var format = Table.Format.table

        func run() async throws {
            guard (1...1_000_000).contains(limit) else {
                throw CommandFailure(.usage, "--limit must be from 1 to 1000000")
            }
            let store = RateStore(schemas: postgres.schemas, connection: try postgres.connect())
            let table = try store.list(from: fromCurrency, to: toCurrency, limit: limit)
            Output.write(table.rendered(as: format))
            if table.rows.isEmpty, format == .table { Output.note("sluice: there are no such rates\n") }
        }
    }
}
