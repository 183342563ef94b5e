import Archive
import Hooks
import Kafka
import Logging
import Runtime
import ServiceCommand

/// The service's settings, complete and checked.
struct ArchiverConfiguration: Sendable {
    var kafka: KafkaClientConfiguration
    var topic: String
    var folder: ArchiveFolder
    /// Of the records, before compression.
    var segmentBytes: Int64
    var segmentAgeMilliseconds: Int64
    var compressionLevel: Int
    /// 0: everything is kept.
    var retentionMilliseconds: Int64
    /// Where alerts go; nil: nowhere.
    var hooks: HookConfiguration?
    var admin: AdminServer.Settings
    var logLevel: Logger.Level
    var logFormat: LogFormat
    var warnings: [String]
    var effective: [ConfigurationEntry]

    static let service = "archiver"

    /// - Parameter connects: false for a command that only says what it would do: brokers and folder may be left out.
    static func load(_ options: ArchiverOptions, connects: Bool = true) throws -> ArchiverConfiguration {
        let reader = try ServiceConfigurationReader(flags: options.flags)
        let kafka = try reader.kafkaClient(clientID: service, isNeeded: connects)
        let topic = try reader.string("kafka.topic", default: "ad-events")
        let folder =
            connects ? try reader.string("archive.folder") : try reader.string("archive.folder", default: "(not given)")
        let bytes = try reader.bytes("segment.bytes", in: 1_024...(16 << 30), default: 256 << 20)
        let age = try reader.milliseconds("segment.age", in: 100...86_400_000, default: 600_000)
        let level = try reader.int("compression.level", in: 1...19, default: 3)
        let retention = try reader.milliseconds("retention", in: 0...Int64.max / 2, default: 0)
        guard retention == 0 || retention >= 3_600_000 else {
            throw RuntimeError(
                .configurationInvalid,
                "retention is \(retention) ms; expected 0, which keeps everything, or a duration of at least 1h such as 400d",
                context: ["key": "retention"])
        }
        let hooks = try reader.hooks()
        let admin = try reader.adminSettings(defaultPort: 9_465)
        let log = try reader.logSettings()
        // Of the other services, which may share the environment.
        let others = ["postgres", "postgres.password-file", "schema-prefix", "job"]
        try reader.finish(alsoKnown: ServiceConfigurationReader.foreignVariables + others)
        return ArchiverConfiguration(
            kafka: kafka, topic: topic, folder: ArchiveFolder(folder), segmentBytes: bytes, segmentAgeMilliseconds: age,
            compressionLevel: level, retentionMilliseconds: retention, hooks: hooks, admin: admin, logLevel: log.level,
            logFormat: log.format, warnings: reader.warnings, effective: reader.effective())
    }
}
