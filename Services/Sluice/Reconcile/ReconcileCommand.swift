import ArgumentParser

/// `sluice reconcile`: whether every figure is what the log says.
struct ReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Counts spend again from the log, by another way, and compares every figure with PostgreSQL.",
        discussion: """
            Exit codes: 0 every figure agrees; 1 something differs; 4 it could not be compared (and 2 or 3 as with \
            every command). The service `reconciler` does the same hour by hour.
            """,
        subcommands: [
            RunReconcileCommand.self, ExplainDifferenceCommand.self, ListReconciliationsCommand.self,
            RepairCommand.self,
        ],
        defaultSubcommand: RunReconcileCommand.self)
}
