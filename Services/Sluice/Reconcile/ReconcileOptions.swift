import ArgumentParser
import Kafka
import Reconciliation

/// Where a recount reads the log, and by which settings it judges: those of the job.
struct ReconcileOptions: ParsableArguments {
    @Option(help: "Folder of an archive of the topics; what it does not hold is read from Kafka, where one is named.")
    var archive: String?
    @Flag(help: "Read the archive alone, and compare up to where it ends.")
    var archiveOnly = false
    @Option(help: "The job's deduplication horizon (10m, 600s).")
    var dedupHorizon = "10m"
    @Option(help: "How far the job's watermark stays behind the log's own time (30s).")
    var watermarkDelay = "30s"
    @Option(help: "Folder for temporary files: about 40 bytes an event.")
    var workFolder: String?

    func validate() throws {
        guard !archiveOnly || archive != nil else {
            throw ValidationError("--archive-only needs --archive, the folder to read")
        }
    }

    func recountSettings() throws -> RecountSettings {
        var settings = RecountSettings()
        settings.horizonMilliseconds = try Self.span(dedupHorizon, "--dedup-horizon")
        settings.outOfOrdernessMilliseconds = try Self.span(watermarkDelay, "--watermark-delay")
        return settings
    }

    func source(_ kafka: KafkaOptions) throws -> LogSource {
        LogSource(kafka: archiveOnly ? nil : try kafka.configuration(), archiveFolder: archive)
    }

    var folder: String { workFolder ?? Environment.value("TMPDIR") ?? "/tmp" }

    private static func span(_ text: String, _ option: String) throws -> Int64 {
        guard let span = TimeSpan(text) else {
            throw CommandFailure(.usage, "\(option) takes a length of time, such as 30s or 10m")
        }
        return span.milliseconds
    }
}
