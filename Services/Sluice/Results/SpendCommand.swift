import ArgumentParser
import Postgres

/// `sluice spend`: a table of totals.
struct SpendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spend",
        abstract: "Shows totals of spend.",
        discussion: """
            Amounts are exact: what is stored in billionths of the currency is written with all its decimals. \
            In JSON amounts are strings, because many readers would round a number. Currencies are never added up or \
            converted; the order goes by the number alone, so give --currency to compare campaigns.
            """)

    @OptionGroup var postgres: PostgresOptions
    @Option(help: "Only this advertiser.")
    var advertiser: Int64?
    @Option(help: "Only this campaign.")
    var campaign: Int64?
    @Option(help: "Only this currency.")
    var currency: String?
    @Option(help: "From this minute on: RFC 3339, now, or now-2h.")
    var from: String?
    @Option(help: "Before this minute.")
    var to: String?
    @Option(help: "How many rows.")
    var limit = 10
    @Option(help: "campaign, advertiser or minute.")
    var by = SpendQuery.Grouping.campaign
    @Option(help: "table, csv or json.")
    var format = Table.Format.table

    func run() async throws {
        guard (1...1_000_000).contains(limit) else {
            throw CommandFailure(.usage, "--limit must be from 1 to 1000000")
        }
        let query = SpendQuery(
            grouping: by, advertiser: advertiser, campaign: campaign, currency: currency,
            from: try Self.instant(from, "from"), to: try Self.instant(to, "to"), limit: limit)
        let connection = try postgres.connect()
        // One snapshot: the totals below the table belong to the rows above.
        try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        let totals = try query.totals(in: postgres.schemas, on: connection)
        var text = totals.rendered(as: format)
        if format == .table {
            let all = try query.grandTotals(in: postgres.schemas, on: connection)
            text += all.rows.isEmpty ? "(no rows)\n" : "\n" + all.rendered(as: .table)
        }
        try connection.execute("COMMIT")
        Output.write(text)
    }

    private static func instant(_ text: String?, _ option: String) throws -> Instant? {
        guard let text else { return nil }
        guard let instant = Instant(text, now: .now) else {
            throw CommandFailure(.usage, "--\(option) takes RFC 3339 (2026-01-15T08:00:00Z), now, or now-2h")
        }
        return instant
    }
}

extension SpendQuery.Grouping: ExpressibleByArgument {}
extension Table.Format: ExpressibleByArgument {}
