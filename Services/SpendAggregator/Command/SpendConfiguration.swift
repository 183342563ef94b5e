import Connectors
import Glibc
import Kafka
import Logging
import Postgres
import Runtime
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
        let instance = try reader.string("kafka.instance-id", default: hostName())
        let side = try SideStreams(reader, events: job.topic)
        let session = try reader.milliseconds("kafka.session-timeout", in: 1_000...1_800_000, default: 15_000)
        let group = try reader.string("kafka.group", default: job.name)
        let kafka = try kafkaClient(reader, instance: instance, isNeeded: needsKafka)
        var postgres = PostgresConfiguration(
            connectionString: try reader.string("postgres"), applicationName: "\(job.name)/\(instance)")
        // Whatever the client can receive can be stored as a dead letter: a record too large for it would end the process,
        // and each one after it. The limit of the server itself.
        postgres.maximumBindBytes = 1_000_000_000
        postgres.password = try reader.secret("postgres.password")?.withValue { $0 }
        let prefix = try reader.string("schema-prefix", default: "")
        let names = try DatabaseNames(prefix: prefix)
        let admin = AdminServer.Settings(
            address: try reader.string("admin.address", default: "127.0.0.1"),
            port: UInt16(try reader.int("admin.port", in: 0...65_535, default: 9_464)),
            token: try reader.secret("admin.token"))
        let level = try reader.choice("log.level", of: LogLevel.self, default: .info)
        let format = try reader.choice("log.format", of: LogFormat.self, default: .json)
        // Variables of the operators' command, the demo and the tests, which share the environment.
        var alsoKnown: Set = ["broker-bin", "dev-root", "bin-dir", "debug-bin-dir", "pg-bin", "mutant"]
        #if SLUICE_MUTANTS
            alsoKnown.insert("crash-at")
        #endif
        try reader.finish(alsoKnown: Array(alsoKnown))

        var configuration = SpendConfiguration(
            kafka: kafka,
            consumer: KafkaConsumer.Settings(
                group: group, groupInstanceID: instance, sessionTimeoutMilliseconds: Int32(session)),
            postgres: postgres, names: names, job: job, side: side, instance: instance, admin: admin,
            logLevel: level.level,
            logFormat: format, warnings: reader.warnings, effective: reader.effective(),
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

    private static func kafkaClient(
        _ reader: ServiceConfigurationReader, instance: String, isNeeded: Bool
    ) throws -> KafkaClientConfiguration {
        let brokers =
            isNeeded ? try reader.string("kafka.brokers") : try reader.string("kafka.brokers", default: "")
        var kafka = KafkaClientConfiguration(
            bootstrapServers: brokers.split(separator: ",").map(String.init),
            clientID: "spend-aggregator-\(instance)")
        kafka.securityProtocol = try reader.optionalString("kafka.security-protocol")
        kafka.certificateAuthorityLocation = try reader.optionalString("kafka.ca-file")
        kafka.certificateLocation = try reader.optionalString("kafka.certificate-file")
        kafka.keyLocation = try reader.optionalString("kafka.key-file")
        kafka.keyPassword = try reader.secret("kafka.key-password")?.withValue { $0 }
        kafka.saslMechanism = try reader.optionalString("kafka.sasl-mechanism")
        kafka.saslUser = try reader.optionalString("kafka.sasl-user")
        kafka.saslPassword = try reader.secret("kafka.sasl-password")?.withValue { $0 }
        return kafka
    }

    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, 255) == 0 else { return "spend-aggregator" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// What a progress row says of its owner: instance, process, and a number that tells processes apart whose instance
    /// and process id are the same, as those of a pod's containers are.
    let owner: String
}

/// The levels as they are written in the configuration.
enum LogLevel: String, CaseIterable, Sendable {
    case trace, debug, info, notice, warning, error, critical
    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}
