import ArgumentParser
import ServiceCommand

/// The service's options on the command line. A nil means: not given here; the environment, the file and the
/// defaults come next.
struct ArchiverOptions: ParsableArguments {
    @OptionGroup var serving: ServingOptions
    @OptionGroup var kafka: KafkaServerOptions
    @OptionGroup var hooks: HookOptions
    @Option(help: "The topic to archive (ad-events).") var kafkaTopic: String?
    @Option(help: "The folder of the archive; it must be there.") var archiveFolder: String?
    @Option(help: "A segment is finished at this size of its records before compression (256MiB).")
    var segmentBytes: String?
    @Option(help: "A segment is finished at this age (10m).") var segmentAge: String?
    @Option(help: "zstd's level, 1 to 19 (3).") var compressionLevel: String?
    @Option(help: "How long segments are kept, by their records' timestamps, at least 1h, such as 400d (0: for ever).")
    var retention: String?

    /// By configuration key.
    var flags: [String: String?] {
        let own: [String: String?] = [
            "kafka.topic": kafkaTopic, "archive.folder": archiveFolder, "segment.bytes": segmentBytes,
            "segment.age": segmentAge, "compression.level": compressionLevel, "retention": retention,
        ]
        return [serving.flags, hooks.flags, kafka.flags].reduce(own) { $0.merging($1) { first, _ in first } }
    }
}
