import ArgumentParser
import Postgres
import Reconciliation

/// `sluice reconcile run`, or `sluice reconcile` alone: one reconciliation.
struct RunReconcileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Counts the log again up to where the results are, and compares everything in one snapshot.",
        discussion: """
            Both sides speak of the same records: the results and the offsets that they go up to are read in one \
            REPEATABLE READ snapshot, and the log is counted up to exactly these offsets. The job goes on meanwhile. \
            The last line is "reconciled: N events, M rows, difference 0" (exit code 0), "not reconciled: ..." (1), or \
            "could not reconcile: ..." (4).
            """)

    @OptionGroup var kafka: KafkaOptions
    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var job: JobOptions
    @OptionGroup var reconcile: ReconcileOptions
    @Option(help: "First moment of the windows to compare: RFC 3339, a date, or now-2h. [everything]")
    var from: String?
    @Option(help: "First moment after them.")
    var to: String?
    @Option(help: "CSV file of what a billing system thinks: advertiser_id, campaign_id, day, currency, amount.")
    var ledger: String?
    @Option(help: "Table or view of the same columns, instead of a file: schema.table.")
    var ledgerTable: String?
    @Option(help: "libpq connection string of the database of that table. [the results' own]")
    var ledgerPostgres: String?
    @Option(help: "How far an amount of the ledger may be off: 0.01, 0.1%, or both, 0.01,0.1%; the larger counts.")
    var tolerance = "0"
    @Option(help: "Write the page to this file.") var html: String?
    @Option(help: "Write the report's JSON to this file.") var json: String?
    @Option(help: "Write the differences as CSV to this file.") var csv: String?
    @Option(help: "Write a plan that mends what differs to this file; see `sluice reconcile repair`.") var plan: String?
    @Option(help: "How many differences to describe; all are counted.") var show = 100
    @Flag(help: "Do not keep the report in sluice.reconciliation.") var noStore = false

    func run() async throws {
        guard (1...10_000).contains(show) else { throw CommandFailure(.usage, "--show must be from 1 to 10000") }
        guard ledger == nil || ledgerTable == nil else {
            throw CommandFailure(.usage, "--ledger and --ledger-table are two sources of one ledger: give one of them")
        }
        let request = try request()
        Interruption.install()
        let session = ReconciliationSession(
            try settings(), place: .temporary(in: reconcile.folder), between: Self.giveUpWhenInterrupted)
        defer { session.close() }
        let outcome = try session.reconcile(request)
        if !noStore {
            try ReconciliationStore(session.connected(), names: postgres.names()).save(outcome.report, kind: .run)
        }
        try write(outcome)
        Output.write(try outcome.report.rendered(as: .text))
        switch outcome.report.verdict {
        case .match: return
        case .mismatch: throw ExitCode(CommandFailure.Code.difference.rawValue)
        case .couldNotCompare: throw ExitCode(CommandFailure.Code.notCompared.rawValue)
        }
    }

    @Sendable static func giveUpWhenInterrupted() throws {
        if Interruption.isRequested {
            throw CommandFailure(.interrupted, "interrupted before anything was compared; nothing was changed")
        }
    }

    private func settings() throws -> ReconciliationSession.Settings {
        var settings = ReconciliationSession.Settings(
            job: job.name, names: try postgres.names(), postgres: try postgres.configuration(),
            source: try reconcile.source(kafka), recount: try reconcile.recountSettings())
        settings.temporaryFolder = reconcile.folder
        settings.differenceLimit = show
        settings.program = "sluice \(SluiceCommand.configuration.version)"
        return settings
    }

    private func request() throws -> ReconciliationRequest {
        var request = ReconciliationRequest()
        request.fromMilliseconds = try from.map { try Self.instant($0, "--from") }
        request.toMilliseconds = try to.map { try Self.instant($0, "--to") }
        if let from = request.fromMilliseconds, let to = request.toMilliseconds, from >= to {
            throw CommandFailure(.usage, "--from must be before --to")
        }
        for (moment, option) in [(request.fromMilliseconds, "--from"), (request.toMilliseconds, "--to")] {
            guard let moment, moment % 3_600_000 != 0 else { continue }
            throw CommandFailure(.usage, "\(option) must be a full hour in UTC: hours are compared whole")
        }
        request.makesPlan = plan != nil
        if ledger != nil || ledgerTable != nil {
            guard let allowed = LedgerTolerance(tolerance) else {
                throw CommandFailure(
                    .usage, "--tolerance takes an amount, per cent, or both, such as 0.01, 0.1% or 0.01,0.1%")
            }
            request.ledger = ExternalLedgerRequest(
                source: try ledgerSource(),
                tolerance: allowed)
        }
        return request
    }

    private func ledgerSource() throws -> ExternalLedgerRequest.Source {
        if let ledger { return .file(ledger) }
        var configuration = try postgres.configuration()
        if let ledgerPostgres { configuration.connectionString = ledgerPostgres }
        return .table(ledgerTable ?? "", configuration)
    }

    private static func instant(_ text: String, _ option: String) throws -> Int64 {
        guard let instant = Instant(text, now: .now) else {
            throw CommandFailure(
                .usage, "\(option) takes a moment, such as 2026-11-28T10:00:00Z, 2026-11-28 or now-2h, not \"\(text)\"")
        }
        return instant.milliseconds
    }

    private func write(_ outcome: ReconciliationOutcome) throws {
        let report = outcome.report
        for (path, format) in [(html, ReportFormat.html), (json, .json), (csv, .csv)] {
            if let path { try OutputFile.write(try report.rendered(as: format), to: path) }
        }
        guard let plan else { return }
        guard let made = outcome.plan else {
            Output.note("sluice: no plan was made: \(outcome.planRefusal ?? "nothing differs")\n")
            return
        }
        try OutputFile.write(try made.json(), to: plan)
        Output.note("sluice: \(plan) mends \(made.rows.count) rows; review it: sluice reconcile repair \(plan)\n")
    }
}
