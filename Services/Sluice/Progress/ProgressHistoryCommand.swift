import ArgumentParser
import Connectors
import Streams

/// `sluice progress history`: what operators have changed, and why.
struct ProgressHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Shows what operators have changed of a job's progress, newest first.")

    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var job: JobOptions
    @Option(help: "Only this topic.")
    var topic: String?
    @Option(help: "Only this partition.")
    var partition: Int32?
    @Option(help: "How many changes at most.")
    var limit = 20
    @Option(help: "table, csv or json.")
    var format = Table.Format.table

    func run() async throws {
        guard (1...1_000_000).contains(limit) else {
            throw CommandFailure(.usage, "--limit must be from 1 to 1000000")
        }
        let changes = ProgressChanges(try postgres.connect(), names: try postgres.names(), job: job.name)
        let found = try changes.history(topic: topic, partition: partition.map { Partition($0) }, limit: limit)
        var table = Table([
            Table.Column("topic"), Table.Column("partition", numeric: true), Table.Column("version", numeric: true),
            Table.Column("at"), Table.Column("operator"), Table.Column("database_user"), Table.Column("kind"),
            Table.Column("next_offset_before", title: "from", numeric: true),
            Table.Column("next_offset_after", title: "to", numeric: true), Table.Column("epoch", numeric: true),
            Table.Column("log_start", numeric: true), Table.Column("log_end", numeric: true),
            Table.Column("rows_removed", numeric: true), Table.Column("amount_removed"), Table.Column("reason"),
        ])
        for change in found { table.rows.append(Self.cells(change)) }
        Output.write(table.rendered(as: format))
        if found.isEmpty, format == .table { Output.note("sluice: nothing was changed of job \(job.name)\n") }
    }

    private static func cells(_ change: RecordedChange) -> [Table.Cell] {
        func offset(_ offset: Offset?) -> Table.Cell { offset.map { .identifier($0.rawValue) } ?? .null }
        let amounts = change.removed.compactMap { total in
            total.nanos.map { Amount.text(nanos: $0) + " " + (total.currency ?? "") }
        }
        return [
            .text(change.topic), .identifier(Int64(change.partition.rawValue)), .identifier(change.version),
            .text(Instant(milliseconds: change.atMilliseconds).description), .text(change.who),
            .text(change.databaseUser), .text(change.kind), offset(change.nextOffsetBefore),
            offset(change.nextOffsetAfter), .identifier(change.epochAfter.rawValue), offset(change.bounds.start),
            offset(change.bounds.end), .number(change.removed.reduce(0) { $0 + $1.rows }),
            amounts.isEmpty ? .null : .text(amounts.joined(separator: "; ")), .text(change.reason),
        ]
    }
}
