import ArgumentParser
import ServiceCommand

/// The service's options on the command line. A nil means: not given here; the environment, the file and the defaults
/// come next.
struct ReconcilerOptions: ParsableArguments {
    @OptionGroup var serving: ServingOptions
    @OptionGroup var kafka: KafkaServerOptions
    @OptionGroup var hooks: HookOptions
    @OptionGroup var postgres: PostgresServerOptions
    @Option(help: "The job whose results are checked (spend-aggregator).") var job: String?
    @Option(help: "The job's deduplication horizon (10m).") var dedupHorizon: String?
    @Option(help: "How far the job's watermark stays behind the log's own time (30s).") var watermarkDelay: String?
    @Option(help: "Folder of an archive of the topics, for what they do not hold any more (none).")
    var archiveFolder: String?
    @Option(help: "Folder that the recount is kept in (/var/lib/sluice/reconciler).") var stateFolder: String?
    @Option(help: "How far back repeats are looked for beyond the horizon, in the log's own time (1h).")
    var lookBack: String?
    @Option(help: "How often the log is followed (5s).") var followInterval: String?
    @Option(help: "How often everything is compared, and not the last hours alone (24h).") var fullInterval: String?
    @Option(help: "Folder that each report's page and JSON are written to (none).") var reportsFolder: String?
    @Option(help: "How long those are kept (90d).") var reportsRetention: String?

    /// By configuration key.
    var flags: [String: String?] {
        let own: [String: String?] = [
            "job": job, "dedup.horizon": dedupHorizon, "watermark.delay": watermarkDelay,
            "archive.folder": archiveFolder, "state.folder": stateFolder, "look-back": lookBack,
            "follow.interval": followInterval, "full.interval": fullInterval, "reports.folder": reportsFolder,
            "reports.retention": reportsRetention,
        ]
        return [serving.flags, hooks.flags, kafka.flags, postgres.flags].reduce(own) {
            $0.merging($1) { first, _ in first }
        }
    }
}
