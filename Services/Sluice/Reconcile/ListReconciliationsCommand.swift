import ArgumentParser
import Reconciliation

/// `sluice reconcile list`: the last reconciliations.
struct ListReconciliationsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows the last reconciliations that were kept.")

    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var job: JobOptions
    @Option(help: "How many.") var limit = 20
    @Option(help: "table, csv or json.") var format = Table.Format.table

    func run() async throws {
        guard (1...10_000).contains(limit) else { throw CommandFailure(.usage, "--limit must be from 1 to 10000") }
        let store = ReconciliationStore(try postgres.connect(), names: try postgres.names())
        let kept = try store.list(job: job.name, limit: limit)
        var table = Table([
            .init("report"), .init("kind"), .init("from"), .init("to"), .init("verdict"),
            .init("events", numeric: true), .init("differences", numeric: true), .init("finished"),
        ])
        for one in kept {
            table.rows.append([
                .text(one.reportID), .text(one.kind), Self.moment(one.fromMilliseconds),
                Self.moment(one.toMilliseconds), .text(one.verdict), .number(one.records),
                .number(one.differenceCount), .text(Instant(milliseconds: one.finishedAtMilliseconds).description),
            ])
        }
        Output.write(table.rendered(as: format))
        if kept.isEmpty, format == .table { Output.note("sluice: job \(job.name) was never reconciled\n") }
    }

    private static func moment(_ milliseconds: Int64?) -> Table.Cell {
        milliseconds.map { .text(Instant(milliseconds: $0).description) } ?? .null
    }
}
