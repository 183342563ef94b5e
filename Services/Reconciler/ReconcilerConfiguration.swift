import Connectors
import Glibc
import Hooks
import Kafka
import Logging
import Postgres
import Reconciliation
import Runtime
import ServiceCommand

/// The service's settings, complete and checked.
struct ReconcilerConfiguration: Sendable {
    var kafka: KafkaClientConfiguration
    var postgres: PostgresConfiguration
    var names: DatabaseNames
    var job: String
    var recount: RecountSettings
    var archiveFolder: String?
    var stateFolder: String
    var followMilliseconds: Int64
    var fullMilliseconds: Int64
    var reportsFolder: String?
    var reportsRetentionMilliseconds: Int64
    /// Where alerts go; nil: nowhere.
    var hooks: HookConfiguration?
    var admin: AdminServer.Settings
    var logFormat: LogFormat
    var logLevel: Logger.Level
    var warnings: [String]
    var effective: [ConfigurationEntry]

    static let name = "reconciler"

    static func load(_ options: ReconcilerOptions) throws -> ReconcilerConfiguration {
        let reader = try ServiceConfigurationReader(flags: options.flags)
        let job = try reader.string("job", default: "spend-aggregator")
        let log = try reader.logSettings()
        let kafka = try reader.kafkaClient(clientID: name)
        var postgres = try reader.postgresClient(applicationName: name)
        // A comparison reads whole levels, and reads the rest of the log while its snapshot is open.
        postgres.statementTimeoutMilliseconds = 600_000
        postgres.idleInTransactionTimeoutMilliseconds = 600_000
        let names = try DatabaseNames(prefix: try reader.string("schema-prefix", default: ""))
        var configuration = ReconcilerConfiguration(
            kafka: kafka, postgres: postgres, names: names, job: job, recount: try recount(reader),
            archiveFolder: try reader.optionalString("archive.folder"),
            stateFolder: try reader.string("state.folder", default: "/var/lib/sluice/reconciler"),
            followMilliseconds: try reader.milliseconds("follow.interval", in: 100...60_000, default: 5_000),
            fullMilliseconds: try reader.milliseconds(
                "full.interval", in: 1_000...(31 * 86_400_000), default: 86_400_000),
            reportsFolder: try reader.optionalString("reports.folder"),
            reportsRetentionMilliseconds: try reader.milliseconds(
                "reports.retention", in: 3_600_000...(3_650 * 86_400_000), default: 90 * 86_400_000),
            hooks: try reader.hooks(), admin: try reader.adminSettings(defaultPort: 9_466), logFormat: log.format,
            logLevel: log.level,
            warnings: [], effective: [])
        try reader.finish(alsoKnown: ServiceConfigurationReader.foreignVariables)
        configuration.warnings = reader.warnings
        configuration.effective = reader.effective()
        return configuration
    }

    private static func recount(_ reader: ServiceConfigurationReader) throws -> RecountSettings {
        var settings = RecountSettings()
        settings.horizonMilliseconds = try reader.milliseconds(
            "dedup.horizon", in: 0...(31 * 86_400_000), default: 600_000)
        settings.outOfOrdernessMilliseconds = try reader.milliseconds(
            "watermark.delay", in: 0...86_400_000, default: 30_000)
        let lookBack = try reader.milliseconds("look-back", in: 0...(366 * 86_400_000), default: 3_600_000)
        guard lookBack >= settings.horizonMilliseconds else {
            throw RuntimeError(
                .configurationInvalid,
                "look-back (\(lookBack) ms) is shorter than dedup.horizon (\(settings.horizonMilliseconds) ms): "
                    + "what the job deduplicates must be known here, so give at least the horizon")
        }
        settings.lookBackMilliseconds = lookBack
        return settings
    }
}
