import ArgumentParser
import Reconciliation

/// `sluice reconcile repair`: mends what differs from the log, by a plan that was made and reviewed before.
struct RepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Shows a plan that `sluice reconcile --plan` made, or applies it, once.",
        discussion: """
            A plan holds, for each row that is not what the log says, what it is and what it must be, at every level. \
            Applying adds the difference of the two in one transaction, with who did it and why; what the job has added \
            in the meantime stays. A plan is applied at most once: the second time nothing is changed. It is refused \
            where the results were taken back, or another plan was applied, since it was made. It is no adjustment: \
            adjustments correct the real world, a repair corrects the tables.
            """)

    @OptionGroup var postgres: PostgresOptions
    @Argument(help: "The file of the plan.") var plan: String
    @Flag(help: "Apply it; without this it is only shown.") var apply = false
    @Option(help: "Why, for the record; needed with --apply.") var reason: String?

    func run() async throws {
        let plan = try RepairPlan(json: try InputFile.text(of: plan, limit: 1 << 30))
        guard apply else {
            Output.write(try plan.text())
            Output.note("sluice: nothing was changed; apply it with --apply --reason \"...\"\n")
            return
        }
        guard let reason, reason.contains(where: { !$0.isWhitespace }) else {
            throw CommandFailure(.usage, "--apply needs --reason: why these rows are changed")
        }
        let applied = try Repair.apply(
            plan, reason: reason, operator: Operator.current, on: try postgres.connect(), names: try postgres.names())
        switch applied {
        case .applied(_, let rows, let removed):
            Output.write("repaired: \(rows) rows, \(removed) of them removed; reconcile again to see that they agree\n")
        case .appliedBefore(let moment, let who):
            Output.write("nothing changed: this plan was applied at \(moment) already, by \(who)\n")
        }
    }
}
