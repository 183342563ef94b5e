import ArgumentParser
import Reconciliation

/// `sluice reconcile explain`: the events behind a difference, decoded.
struct ExplainDifferenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Shows a difference of a report that was kept, and the events that make it up, decoded and judged.",
        discussion: """
            ID is a report's id with the number of a difference, as the report and the log print it: 3f2ab8c91d04e675-1. \
            A report's id alone shows the report.
            """)

    @OptionGroup var kafka: KafkaOptions
    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var job: JobOptions
    @OptionGroup var reconcile: ReconcileOptions
    @Argument(help: "A report's id, a dash, and the number of a difference.") var id: String

    func run() async throws {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard let reportID = parts.first, !reportID.isEmpty, parts.count <= 2 else { throw malformed }
        let number = parts.count == 2 ? Int(parts[1]) : nil
        guard parts.count == 1 || number.map({ $0 > 0 }) ?? false else { throw malformed }
        let store = ReconciliationStore(try postgres.connect(), names: try postgres.names())
        guard let report = try store.report(id: String(reportID)) else {
            throw CommandFailure(
                .usage,
                "there is no report \(reportID) of this installation: `sluice reconcile list` shows those that were kept"
            )
        }
        guard let number else {
            Output.write(try report.rendered(as: .text))
            return
        }
        guard let difference = report.differences.first(where: { $0.number == number }) else {
            let described = report.differences.count
            throw CommandFailure(
                .usage,
                described == 0
                    ? "report \(reportID) has no differences"
                    : "report \(reportID) describes differences 1 to \(described)")
        }
        Interruption.install()
        var settings = ReconciliationSession.Settings(
            job: job.name, names: try postgres.names(), postgres: try postgres.configuration(),
            source: try reconcile.source(kafka), recount: try reconcile.recountSettings())
        settings.temporaryFolder = reconcile.folder
        let session = ReconciliationSession(
            settings, place: .temporary(in: reconcile.folder), between: RunReconcileCommand.giveUpWhenInterrupted)
        defer { session.close() }
        Output.write(try session.explanation(of: difference, in: report))
    }

    private var malformed: CommandFailure {
        CommandFailure(
            .usage,
            "\"\(id)\" is no difference's id: give a report's id, a dash and a number, such as 3f2ab8c91d04e675-1")
    }
}
