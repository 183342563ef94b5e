import ArgumentParser

/// `sluice budgets`: what campaigns may spend.
struct BudgetsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budgets", abstract: "Sets, removes and shows budgets of campaigns.",
        subcommands: [SetBudgetCommand.self, RemoveBudgetCommand.self, ListBudgetsCommand.self],
        defaultSubcommand: ListBudgetsCommand.self)

    /// The topic that budgets are sent to.
    static func topic(_ option: String?) -> String {
        option ?? Environment.value("SLUICE_BUDGETS_TOPIC") ?? "campaign-budgets"
    }
}
