import ArgumentParser
import LocalServers

/// `sluice dev`: a private PostgreSQL and a local Kafka broker for development.
struct DevCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev",
        abstract: "Starts and stops a private PostgreSQL and a local Kafka broker.",
        discussion: """
            The servers listen on loopback, on ports that the system chose, and go on after the command. Where neither \
            flags nor environment name servers, every other command finds these. They are for development and tests on \
            one machine.
            """,
        subcommands: [Up.self, Down.self, Status.self])

    /// Which environment a command is about.
    struct Folder: ParsableArguments {
        @Option(help: "The folder of the servers' data. [SLUICE_DEV_ROOT] (default: .sluice)")
        var root: String?

        var path: String { root ?? DevelopmentServers.root }
        var environment: DevelopmentEnvironment { DevelopmentEnvironment(root: path) }
    }

    /// `sluice dev up`.
    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Starts what does not run, and waits until it can be used.")

        @OptionGroup var folder: Folder
        @Flag(help: "Print only lines for a shell: eval \"$(sluice dev up --export)\".")
        var export = false

        func run() async throws {
            let started = try await folder.environment.up()
            let exports = DevelopmentServers.running(root: folder.path).exports
            if export {
                Output.write(exports)
                return
            }
            for name in started.recovered { Output.note("sluice: \(name) had crashed and runs again with its data\n") }
            Output.write(DevCommand.table(started.status).rendered(as: .table) + "\n" + exports)
        }
    }

    /// `sluice dev down`.
    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stops the servers and removes their data.")

        @OptionGroup var folder: Folder

        func run() async throws {
            let before = folder.environment.status()
            try await folder.environment.down()
            let wasThere = before.kafka.state != .stopped || before.postgres.state != .stopped
            Output.write(wasThere ? "stopped, and the data is gone\n" : "nothing ran\n")
        }
    }

    /// `sluice dev status`.
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what runs.",
            discussion: "Exit code 0 where both servers run, 3 where one does not.")

        @OptionGroup var folder: Folder
        @Option(help: "table, csv or json.")
        var format = Table.Format.table
        @Flag(help: "Print only lines for a shell.")
        var export = false

        func run() async throws {
            let status = folder.environment.status()
            if export {
                Output.write(DevelopmentServers.running(root: folder.path).exports)
            } else {
                Output.write(DevCommand.table(status).rendered(as: format))
            }
            if !status.isUp { throw ExitCode(CommandFailure.Code.dependency.rawValue) }
        }
    }

    private static func table(_ status: DevelopmentEnvironment.Status) -> Table {
        var table = Table([
            Table.Column("server"), Table.Column("state"), Table.Column("pid", numeric: true),
            Table.Column("address"), Table.Column("log"),
        ])
        for (name, server) in [("kafka", status.kafka), ("postgres", status.postgres)] {
            table.rows.append([
                .text(name), .text(server.state.rawValue),
                server.process.map { .identifier(Int64($0.pid)) } ?? .null,
                server.address.map { .text($0) } ?? .null, .text(server.logFile),
            ])
        }
        return table
    }
}
