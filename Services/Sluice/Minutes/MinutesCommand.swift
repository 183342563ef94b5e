import ArgumentParser
import Postgres

/// `sluice minutes`: how long minutes are kept.
struct MinutesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "minutes",
        abstract: "Drops minutes that are not needed any more.",
        subcommands: [DropCommand.self])

    /// `sluice minutes drop`.
    struct DropCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "drop",
            abstract: "Drops the minutes of whole UTC days before a date, and prints which.",
            discussion: """
                The levels above keep what they have. Events that come for dropped minutes later go to those levels and to \
                the view beyond_retention. The last seven days are always kept. Safe while the service runs; where somebody \
                reads minutes for longer than 5 s nothing is dropped: try again. There is no way back: a \
                rewind brings back the levels above, not the minutes.
                """)

        @OptionGroup var postgres: PostgresOptions
        @Option(help: "The first day to keep, such as 2026-01-15.")
        var before: String

        func run() async throws {
            guard let day = CalendarDate(before) else {
                throw CommandFailure(.usage, "--before takes a date, such as 2026-01-15")
            }
            let dropped = try MinuteRetention(schemas: postgres.schemas, connection: try postgres.connect())
                .drop(before: day)
            Output.write(dropped.days.map { $0 + "\n" }.joined())
            var note = "sluice: \(dropped.days.count) days dropped; minutes are kept from \(dropped.keptFrom) on"
            if dropped.keptFrom < day.description { note += ": the last seven days always are" }
            Output.note(note + "\n")
        }
    }
}
