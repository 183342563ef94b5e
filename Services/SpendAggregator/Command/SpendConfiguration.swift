import Connectors
import Glibc
import Hooks
import Kafka
import Logging
import Postgres
import Runtime
import ServiceCommand
import SpendAggregatorJob
import Streams

/// The service's settings, complete and checked.
struct SpendConfiguration: Sendable {
    var kafka: KafkaClientConfiguration
    var consumer: KafkaConsumer.Settings
    var postgres: PostgresConfiguration
    var names: DatabaseNames
    var job: StreamJob<SpendLogic>
    /// The streams beside the events, and what comes of them.
    var side: SideStreams
    var instance: String
    /// Where alerts go; nil: nowhere.
    var hooks: HookConfiguration?
    var admin: AdminServer.Settings
    var logLevel: Logger.Level
    var logFormat: LogFormat
    var warnings: [String]
    var effective: [ConfigurationEntry]

    static let defaultJob = "spend-aggregator"

    /// - Parameter needsKafka: false for commands that only touch the database; the brokers may then be left out.
    static func load(_ options: ServiceOptions, needsKafka: Bool = true) throws -> SpendConfiguration {
        let reader = try ServiceConfigurationReader(flags: options.flags)
        let job = try streamJob(reader)
        let instance = try reader.string(
            "kafka.instance-id", default: ServiceConfigurationReader.hostName(fallback: "spend-aggregator"))
        let side = try SideStreams(reader, events: job.topic)
        let session = try reader.milliseconds("kafka.session-timeout", in: 1_000...1_800_000, default: 15_000)
        let group = try reader.string("kafka.group", default: job.name)
        let kafka = try reader.kafkaClient(clientID: "spend-aggregator-\(instance)", isNeeded: needsKafka)
        var postgres = try reader.postgresClient(applicationName: "\(job.name)/\(instance)")
        // Whatever the client can receive can be stored as a dead letter: a record too large for it would end the process,
        // and each one after it. The limit of the server itself.
        postgres.maximumBindBytes = 1_000_000_000
        let prefix = try reader.string("schema-prefix", default: "")
        let names = try DatabaseNames(prefix: prefix)
        let hooks = try reader.hooks()
        let admin = try reader.adminSettings(defaultPort: 9_464)
        let log = try reader.logSettings()
        try reader.finish(alsoKnown: ServiceConfigurationReader.foreignVariables)

        var configuration = SpendConfiguration(
            kafka: kafka,
            consumer: KafkaConsumer.Settings(
                group: group, groupInstanceID: instance, sessionTimeoutMilliseconds: Int32(session)),
            postgres: postgres, names: names, job: job, side: side, instance: instance, hooks: hooks, admin: admin,
            logLevel: log.level, logFormat: log.format, warnings: reader.warnings, effective: reader.effective(),
            owner: "\(instance)/\(getpid())/\(UInt32.random(in: .min ... .max))")
        if !prefix.isEmpty { configuration.job.operatorFlags = "--schema-prefix \(prefix)" }
        configuration.job.pace.revokeLimitMilliseconds = session / 2
        configuration.job.pace.fencedRetryMilliseconds = session * 2
        return configuration
    }

    static func streamJob(_ reader: ServiceConfigurationReader) throws -> StreamJob<SpendLogic> {
        var settings = StreamSettings()
        settings.horizonMilliseconds = try reader.milliseconds(
            "dedup.horizon", in: 0...DeduplicationHorizon.maximumHorizonMilliseconds, default: 600_000)
        settings.maximumRememberedIDs = try reader.int(
            "dedup.maximum-ids", in: 1_000...1_000_000_000, default: 50_000_000)
        settings.outOfOrdernessMilliseconds = try reader.milliseconds(
            "watermark.delay", in: 0...86_400_000, default: 30_000)
        settings.isContiguous = try reader.bool("kafka.contiguous", default: false)
        var pace = WorkerSettings()
        pace.checkpointIntervalMilliseconds = try reader.milliseconds(
            "checkpoint.interval", in: 10...60_000, default: 1_000)
        return StreamJob(
            name: try reader.string("job", default: defaultJob),
            topic: try reader.string("kafka.topic", default: "ad-events"), logic: SpendLogic(), settings: settings,
            pace: pace)
    }

    /// What a progress row says of its owner: instance, process, and a number that tells processes apart whose instance
    /// and process id are the same, as those of a pod's containers are.
    let owner: String
}
