import ArgumentParser
import Postgres

/// `sluice budgets list`.
struct ListBudgetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows budgets, and what has been spent of them.",
        discussion: """
            Spent is charges and adjustments: those of the day that runs in the campaign's zone, or of all days. The \
            level is the highest threshold that was signalled; per cent is what has been spent, whole ones only.
            """)

    @OptionGroup var postgres: PostgresOptions
    @Option(parsing: .unconditional, help: "Only this campaign.")
    var campaign: Int64?
    @Option(help: "daily or lifetime; both where it is not given.")
    var budget: BudgetList.Kind?
    @Option(help: "Only budgets of which this much was signalled: 50, 80, 95 or 100.")
    var level: Int32?
    @Option(help: "How many rows.")
    var limit = 100
    @Option(help: "table, csv or json.")
    var format = Table.Format.table

    func run() async throws {
        guard (1...1_000_000).contains(limit) else { throw CommandFailure(.usage, "--limit must be from 1 to 1000000") }
        let list = BudgetList(campaign: campaign, kind: budget, level: level, limit: limit)
        let table = try list.table(in: postgres.schemas, on: postgres.connect())
        Output.write(table.rows.isEmpty && format == .table ? "(no budgets)\n" : table.rendered(as: format))
    }
}

extension BudgetList.Kind: ExpressibleByArgument {}
