import ArgumentParser
import Reconciliation
import Runtime
import ServiceCommand

/// `reconciler explain`: what a comparison proves, and under which assumptions.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Print what a comparison proves, and under which assumptions.",
        discussion: "Uses the given settings where they matter; connects to nothing.")
    @OptionGroup var options: ReconcilerOptions

    func run() async throws {
        try await ServiceFailure.guarded(ReconcilerConfiguration.name) {
            let configuration = try ReconcilerConfiguration.load(options)
            print(Self.text(configuration))
        }
    }

    static func text(_ configuration: ReconcilerConfiguration) -> String {
        let settings = configuration.recount
        let horizon = settings.horizonMilliseconds / 1_000
        let delay = settings.outOfOrdernessMilliseconds / 1_000
        let lookBack = settings.lookBackMilliseconds.map { "\($0 / 1_000) s" } ?? "all of the log"
        let source = configuration.archiveFolder.map { "the archive in \($0), then Kafka" } ?? "Kafka"
        return """
            job \(configuration.job)
              log (\(source)) -> own decoder -> sort by id, mark repeats -> sums -> kept in \(configuration.stateFolder)
              PostgreSQL -> one REPEATABLE READ snapshot of progress and results
              both sides, up to the same offsets -> merged row by row -> sluice.reconciliation

            What a match proves
              Every minute, hour, day and lifetime of campaigns, and every hour of ads, placements and countries, of every source
              partition, is to the last unit what the contract makes of the records before the offsets that the job says it has
              applied. So are dead letters, counters, adjustments, and what was signalled of budgets.
              Nothing of the job's code is used: the decoder, the judgement and the sums are others.

            When
              An hour of event time is compared once the watermark has passed its end, and again when late events have changed it.
              Everything is compared at the first start and every \(configuration.fullMilliseconds / 60_000) min.

            Assumptions
              The log holds what was sent: records that no broker has acknowledged, or that retention has removed, are not known.
              The job runs with the same settings: deduplication horizon \(horizon) s, watermark delay \(delay) s.
              Days in other time zones are cut by PostgreSQL's rules of zones, on both sides.
              Repeats beyond the horizon are found where both copies are within \(lookBack) of the log's own time; `sluice
              reconcile` looks through all of it.

            What it is not
              It changes nothing. `sluice reconcile repair` does, by a reviewed plan.
            """
    }
}
