import Archive
import ArgumentParser
import Kafka
import Streams

/// `sluice archive replay`: archived records into a topic.
struct ReplayArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Sends archived records to a topic, as fast as it goes or at a chosen speed.",
        discussion: """
            Each record goes to the partition it came from, with its key, payload, headers and timestamp, in the order of \
            its partition; the partitions side by side by their timestamps. Offsets are the target's own. A record whose \
            timestamp is 0 or missing gets the time of sending.

            A job is fed by replaying into a topic of its own and starting the job on that.

            Brokers remove records that are older than the target's retention, by the records' own timestamps: make it \
            with retention.ms=-1. A target that has records already is refused without --append: replaying twice would \
            double them. Interrupted, it says how far it came; it does not resume by itself.
            """)

    @OptionGroup var archive: ArchiveOptions
    @OptionGroup var kafka: KafkaOptions
    @Option(help: "The archived topic. [SLUICE_KAFKA_TOPIC] (default: ad-events)")
    var topic: String?
    @Option(help: "The topic to send to. It must have at least as many partitions.")
    var toTopic: String
    @Option(help: "Only this partition.")
    var partition: Int32?
    @Option(help: "Records from this time on: RFC 3339, a date, or now-2h.")
    var from: String?
    @Option(help: "Records before this time.")
    var to: String?
    @Option(help: "Records from this offset on; with --partition.")
    var fromOffset: Int64?
    @Option(help: "Records before this offset; with --partition.")
    var toOffset: Int64?
    @Option(help: "How many times as fast as the records' timestamps; not given, as fast as it goes.")
    var speed: Double?
    @Flag(help: "Also into a topic that has records.")
    var append = false
    @Flag(help: "Show no progress.")
    var quiet = false

    func run() async throws {
        let range = try checkedRange()
        let topic = topic ?? Environment.value("SLUICE_KAFKA_TOPIC") ?? "ad-events"
        let log = try ArchivedLog(folder: archive.folder(), topic: topic)
        let configuration = try kafka.configuration()
        let lanes = try Replay.lanes(of: log, range: range)
        try checkTarget(configuration, lanes: lanes)
        Interruption.install()
        let replay = try Replay(lanes: lanes, into: toTopic, kafka: configuration, speed: speed)
        var progress = ProgressLine(title: "offsets", total: replay.offsetCount)
        let isComplete = try replay.run { if !quiet { progress.update($0) } }
        progress.clear()
        let reached = replay.reached.map { "\n  partition \($0.partition): up to offset \($0.offset)" }.joined()
        guard isComplete else {
            throw CommandFailure(
                .interrupted,
                "interrupted; \(replay.sentCount) records are in \(toTopic)"
                    + replay.reached.map { ", partition \($0.partition) up to archived offset \($0.offset)" }.joined())
        }
        Output.write(
            "\(Amount.count(replay.sentCount)) records of \(topic) replayed into \(toTopic) in "
                + "\(TimeSpan(milliseconds: progress.elapsedMilliseconds))\(reached)\n")
    }

    private func checkedRange() throws -> ReplayRange {
        var range = ReplayRange(partition: partition.map { Partition($0) })
        let now = Instant.now
        func time(_ text: String?, _ option: String) throws -> Int64? {
            guard let text else { return nil }
            guard let instant = Instant(text, now: now) else {
                throw CommandFailure(
                    .usage, "\(option) takes a time such as 2026-11-28T10:00:00Z, 2026-11-28 or now-2h, not \"\(text)\""
                )
            }
            return instant.milliseconds
        }
        range.fromMilliseconds = try time(from, "--from")
        range.toMilliseconds = try time(to, "--to")
        range.fromOffset = fromOffset.map { Offset($0) }
        range.toOffset = toOffset.map { Offset($0) }
        guard (fromOffset == nil && toOffset == nil) || partition != nil else {
            throw CommandFailure(.usage, "--from-offset and --to-offset are of one partition: give --partition")
        }
        guard speed.map({ $0.isFinite && $0 > 0 && $0 <= 1_000_000 }) ?? true else {
            throw CommandFailure(.usage, "--speed takes a number above 0, such as 20")
        }
        return range
    }

    private func checkTarget(_ configuration: KafkaClientConfiguration, lanes: [ReplayLane]) throws {
        let admin = try KafkaAdmin(configuration: configuration)
        let needed = (lanes.map(\.partition.rawValue).max() ?? 0) + 1
        let ends: [(partition: Partition, low: Offset, high: Offset)]
        do throws(KafkaError) {
            ends = try admin.watermarkOffsets(topic: toTopic)
        } catch {
            guard error.code == .unknownTopicOrPartition || error.code == .unknownTopic else { throw error }
            throw CommandFailure(
                .usage,
                "there is no topic \(toTopic): create it with `sluice topics create \(toTopic) --partitions \(needed)`")
        }
        guard ends.count >= Int(needed) else {
            throw CommandFailure(
                .usage,
                "topic \(toTopic) has \(ends.count) partitions, and partition \(needed - 1) is to be replayed: records keep "
                    + "their partition")
        }
        if !append, let used = ends.first(where: { $0.high > Offset(0) }) {
            throw CommandFailure(
                .usage,
                "topic \(toTopic) has records already (partition \(used.partition) ends at offset \(used.high)): use another "
                    + "topic, or give --append")
        }
    }
}
