import ArgumentParser
import Postgres

/// `sluice verify`: whether the results are, to the unit, what a truth says.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compares the results in PostgreSQL with a truth file.",
        discussion: """
            Compared are every row of spend.minute, every dead letter, and the offsets and counters of every \
            partition, in one REPEATABLE READ snapshot; and in the same snapshot every level with the one below it \
            ("levels: difference 0", or each difference). The last line is \
            "verified: N events, M rows, difference 0" (exit code 0), or "difference D nanos in R rows" (exit code 1), \
            where D adds up what each row's spend is off, whatever the direction.
            """)

    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var job: JobOptions
    @Option(help: "The file that `sluice generate --truth` wrote.")
    var truth: String
    @Option(help: "Wait up to this long (30s, 5m) for the job to apply everything.")
    var wait: String?
    @Option(help: "How many of the largest differences to print.")
    var show = 10

    func run() async throws {
        guard (0...100_000).contains(show) else { throw CommandFailure(.usage, "--show must be from 0 to 100000") }
        let configuration = try postgres.configuration()
        let reader = try TruthReader(path: truth)
        if let wait {
            guard let span = TimeSpan(wait) else {
                throw CommandFailure(.usage, "--wait takes a length of time, such as 30s or 5m")
            }
            Interruption.install()
            var waiting = ProgressWait(configuration: configuration, schemas: postgres.schemas, job: job.name)
            if let missing = try waiting.wait(for: reader, milliseconds: span.milliseconds) {
                Output.note("sluice: not caught up after \(wait): \(missing)\n")
            }
        }
        var verification = Verification(schemas: postgres.schemas, job: job.name, keptLimit: show)
        try verification.run(reader, on: PostgresConnection(configuration))
        Output.write(verification.details + verification.verdict + "\n")
        if !verification.isClean { throw ExitCode(CommandFailure.Code.difference.rawValue) }
    }
}
