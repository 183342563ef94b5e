import ArgumentParser
import Postgres

/// `sluice spend`: a table of totals.
struct SpendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spend",
        abstract: "Shows totals of spend.",
        discussion: """
            Without --level: the largest totals of the minutes that are kept, by campaign, advertiser or minute; charges \
            alone, since adjustments name no minute. The order goes by the number alone, so give --currency to compare \
            campaigns. With --level: one row for each window of that level, with charges (spend), adjustments, their \
            sum (net), counts, whether it is open, closed or corrected, how often it changed and when last; adjustment is \
            the ledger, each credit and further charge by itself.

            Amounts are exact: what is stored in billionths of the currency is written with all its decimals. \
            In JSON amounts are strings, because many readers would round a number. Currencies are never added up. \
            --in converts for the report alone, by the rates of `sluice rates`: each amount is multiplied by the newest \
            rate of its window's day (the UTC date of a minute or an hour) and rounded once to billionths, halves to the \
            even one. Lifetimes are converted day by day and added up.

            --since answers what changed since a cursor, and the next cursor, of the same snapshot: a member of the JSON, \
            or a line on standard error. Begin with an empty one. A row may come twice, and is never left out.
            """)

    @OptionGroup var postgres: PostgresOptions
    @Option(help: "Only this advertiser.")
    var advertiser: Int64?
    @Option(help: "Only this campaign.")
    var campaign: Int64?
    @Option(help: "Only this currency.")
    var currency: String?
    @Option(help: "From this window on: RFC 3339, now, or now-2h; a date at levels of days.")
    var from: String?
    @Option(help: "Before this window.")
    var to: String?
    @Option(help: "How many rows; without it 10, or 1000 of a level.")
    var limit: Int?
    @Option(help: "campaign, advertiser or minute; campaign without it.")
    var by: SpendQuery.Grouping?
    @Option(
        help: ArgumentHelp(
            "The level: \(SpendLevel.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "level"))
    var level: SpendLevel?
    @Option(help: "Only what changed since this cursor; empty for everything.")
    var since: String?
    @Option(name: .customLong("in"), help: "Convert into this currency too.")
    var target: String?
    @Option(help: "table, csv or json.")
    var format = Table.Format.table

    func run() async throws {
        if let limit, !(1...1_000_000).contains(limit) {
            throw CommandFailure(.usage, "--limit must be from 1 to 1000000")
        }
        guard let level else { return try showTotals() }
        let question = try question(about: level)
        let connection = try postgres.connect()
        let answer = try question(postgres.schemas, connection)
        Output.write(answer.rendered(as: format))
        Output.note(answer.notes(as: format))
    }

    private func showTotals() throws {
        guard since == nil, target == nil else {
            throw CommandFailure(.usage, "--\(since == nil ? "in" : "since") needs --level")
        }
        let query = SpendQuery(
            grouping: by ?? .campaign, advertiser: advertiser, campaign: campaign, currency: currency,
            from: try Self.instant(from, "from"), to: try Self.instant(to, "to"), limit: limit ?? 10)
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

    static func instant(_ text: String?, _ option: String) throws -> Instant? {
        guard let text else { return nil }
        guard let instant = Instant(text, now: .now) else {
            throw CommandFailure(.usage, "--\(option) takes RFC 3339 (2026-01-15T08:00:00Z), now, or now-2h")
        }
        return instant
    }
}

extension SpendQuery.Grouping: ExpressibleByArgument {}
extension SpendLevel: ExpressibleByArgument {}
extension Table.Format: ExpressibleByArgument {}
