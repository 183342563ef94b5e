import ArgumentParser
import Postgres

/// `sluice zones`: in which time zone the days of an advertiser are cut.
struct ZonesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zones",
        abstract: "Sets and lists the time zones that advertisers' days are cut in.",
        subcommands: [SetCommand.self, ListCommand.self])

    /// `sluice zones set`.
    struct SetCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Cuts an advertiser's days in another time zone from a date on.",
            discussion: """
                Without a zone days are those of UTC. Days that have results keep theirs: the date must be later than all \
                of them, and than the last change. The day before the first one of the new zone ends when that one begins, \
                so it may be shorter or longer than others. Waits for the checkpoints that are under way.
                """)

        @OptionGroup var postgres: PostgresOptions
        @Option(help: "The advertiser.")
        var advertiser: Int64
        @Option(help: "A name of the IANA time zone database, such as Europe/Berlin.")
        var zone: String
        @Option(help: "The first day, such as 2026-04-01.")
        var from: String

        func run() async throws {
            guard let day = CalendarDate(from) else {
                throw CommandFailure(.usage, "--from takes a date, such as 2026-04-01")
            }
            let store = ZoneStore(schemas: postgres.schemas, connection: try postgres.connect())
            let begins = try store.set(advertiser, zone, from: day)
            Output.write("advertiser \(advertiser): days are cut in \(zone) from \(day) on, which begins \(begins)\n")
        }
    }

    /// `sluice zones list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "Lists the time zones of advertisers.",
            discussion: """
                The column rules says "changed" where PostgreSQL's time zone database has other rules for the zone now than \
                when it was set: what was counted stays where it is, what comes later is cut by the new rules.
                """)

        @OptionGroup var postgres: PostgresOptions
        @Option(help: "Only this advertiser.")
        var advertiser: Int64?
        @Option(help: "table, csv or json.")
        var format = Table.Format.table

        func run() async throws {
            let store = ZoneStore(schemas: postgres.schemas, connection: try postgres.connect())
            let table = try store.list(advertiser)
            Output.write(table.rendered(as: format))
            if table.rows.isEmpty, format == .table { Output.note("sluice: no zone was set; days are those of UTC\n") }
        }
    }
}
