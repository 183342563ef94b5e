import ArgumentParser
import Kafka

/// `sluice generate`: a seeded stream of ad events, and the truth about it.
struct GenerateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Sends a seeded, realistic stream of ad events, and writes down what must come of it.",
        discussion: """
            The same options give the same bytes, wherever and whenever they are generated. The partition of an event \
            is SplitMix64's mixing function of the campaign id, modulo the number of partitions, so that all events of \
            a campaign are in one partition; the key is the campaign id as decimal text; the timestamp of a record is \
            the time of its arrival, which never goes back.

            The truth is worked out from the rules of the contract while the records are made, by code that the \
            aggregation does not share. It counts offsets from 0, so it needs an empty topic.

            --budgets and --adjustments send budgets and credits to topics beside the events', of as many partitions: \
            budgets first, for the most active campaigns, of a size that has them cross 50, 80, 95 and 100 per cent \
            in various ways by the end (daily ones where --start is now); credits for events of the stream a while \
            after them, some twice, and one refund at the end. The events are the same with and without. The truth \
            knows the adjustments.

            A topic that is created here keeps its records for ever. One that exists may remove records whose \
            timestamps are older than its retention.ms, and the fixed default of --start lies in the past: give it \
            --start now-2h, or a retention to match.
            """)

    @OptionGroup var kafka: KafkaOptions

    @Option(help: "The topic; it is created when missing. [SLUICE_KAFKA_TOPIC]")
    var topic: String?
    @Option(help: "How many partitions the topic has.")
    var partitions: Int32 = 16
    @Option(help: "How many records to send, repeated and damaged ones included.")
    var events: Int64 = 100_000
    @Option(help: "The seed.")
    var seed: UInt64 = 1
    @Option(help: "Records a second; as fast as possible where it is not given.")
    var rate: Int64?
    @Option(help: "How many campaigns.")
    var campaigns = 1000
    @Option(help: "Zipf's exponent for the traffic of campaigns.")
    var zipf = 1.0
    @Option(help: "When the first record arrives: RFC 3339, now, or now-2h.")
    var start = "2026-01-15T08:00:00Z"
    @Option(help: "How long the records take to arrive: 90s, 30m, 2h. (default: 2h; with --rate the time it takes)")
    var span: String?
    @Option(help: "Share of events that are sent again.")
    var duplicates = 0.01
    @Option(help: "Share of events that arrive after their minute has ended.")
    var late = 0.005
    @Option(help: "Share of events that are invalid traffic.")
    var invalid = 0.005
    @Option(help: "Share of payloads that are no protobuf message.")
    var undecodable = 0.0005
    @Option(help: "Share of events that are dead letters for other reasons, one after the other.")
    var faulty = 0.0005
    @Option(help: "How far events usually get out of order.")
    var jitter = "8s"
    @Option(help: "Where to send budgets: a topic, created when missing.")
    var budgets: String?
    @Option(help: "How many campaigns get a budget, the most active ones.")
    var budgetCampaigns = 12
    @Option(help: "Where to send credits: a topic, created when missing.")
    var adjustments: String?
    @Option(help: "Share of charged events that are credited afterwards.")
    var adjustmentShare = 0.001
    @Option(help: "none, lz4, zstd, snappy or gzip.")
    var compression = "none"
    @Option(help: "Where to write the truth.")
    var truth: String?
    @Option(help: "For the truth: how long the job remembers ids. [SLUICE_DEDUP_HORIZON] (default: 10m)")
    var dedupHorizon: String?
    @Option(help: "For the truth: how far the job's watermark stays behind. [SLUICE_WATERMARK_DELAY] (default: 30s)")
    var watermarkDelay: String?
    @Flag(help: "Do not work out the truth.")
    var noTruth = false
    @Flag(help: "Send to a topic that already has records; there is no truth then.")
    var append = false
    @Flag(help: "Send nothing: only work out the truth.")
    var dryRun = false
    @Flag(help: "Do not show how far it has come.")
    var quiet = false

    func run() async throws {
        guard !(append && truth != nil) else {
            throw CommandFailure(
                .usage, "--append and --truth exclude each other: a truth depends on all that the topic holds")
        }
        guard !(noTruth && truth != nil) else {
            throw CommandFailure(.usage, "--no-truth and --truth exclude each other")
        }
        guard let compression = KafkaProducer.Compression(rawValue: compression) else {
            throw CommandFailure(.usage, "--compression must be none, lz4, zstd, snappy or gzip")
        }
        let shape = try shape()
        let rules = try rules()
        let topic = topic ?? Environment.value("SLUICE_KAFKA_TOPIC") ?? "ad-events"
        let sides = try sides(besides: topic)
        let keepsTruth = !noTruth && !append
        let sink =
            dryRun
            ? nil
            : try KafkaRecordSink(
                configuration: kafka.configuration(), topic: topic, partitions: partitions,
                requiresEmpty: keepsTruth, compression: compression)
        try prepare(sides, sink, keepsTruth: keepsTruth)
        Interruption.install()
        var run = GenerationRun(shape: shape, sides: sides, rules: rules, sink: sink, keepsTruth: keepsTruth)
        try run.send(rate: rate, showsProgress: !quiet)
        if keepsTruth, !dryRun {
            try sink?.checkEnds(run.truth.partitions.mapValues(\.nextOffset))
            if let topic = adjustments { try sink?.checkEnds(run.truth.adjustments.records, of: topic) }
        }
        if let truth { try run.truth.write(to: truth, topic: topic) }
        report(run, topic: topic)
        if run.wasInterrupted {
            throw CommandFailure(
                .interrupted,
                "interrupted after \(run.sent) of \(events) records"
                    + (truth == nil ? "" : "; the truth is about these"))
        }
    }

    /// The stream that the options describe.
    func shape(now: Instant = .now) throws -> StreamShape {
        guard partitions > 0, partitions <= 10_000 else {
            throw CommandFailure(.usage, "--partitions must be from 1 to 10000")
        }
        guard events > 0, events <= 10_000_000_000 else {
            throw CommandFailure(.usage, "--events must be from 1 to 10000000000")
        }
        guard campaigns > 0, campaigns <= 5_000_000 else {
            throw CommandFailure(.usage, "--campaigns must be from 1 to 5000000")
        }
        guard zipf >= 0, zipf <= 5 else { throw CommandFailure(.usage, "--zipf must be from 0 to 5") }
        for (name, share) in [
            ("duplicates", duplicates), ("late", late), ("invalid", invalid), ("undecodable", undecodable),
            ("faulty", faulty),
        ] where !(share >= 0 && share <= 1) {
            throw CommandFailure(.usage, "--\(name) is a share from 0 to 1")
        }
        if let rate, rate < 1 { throw CommandFailure(.usage, "--rate must be at least 1") }
        guard let first = Instant(start, now: now), first.milliseconds > 86_400_000,
            first.milliseconds < 4_000_000_000_000
        else {
            throw CommandFailure(.usage, "--start takes RFC 3339 (2026-01-15T08:00:00Z), now, or now-2h, up to 2096")
        }
        let length = try span.map { try Self.span($0, "span") } ?? rate.map { max(1000, events * 1000 / $0) }
        guard let jitter = TimeSpan(jitter), jitter.milliseconds <= 3_600_000 else {
            throw CommandFailure(.usage, "--jitter takes a length of time up to an hour, such as 8s")
        }
        return StreamShape(
            seed: seed, events: events, partitions: partitions, campaigns: campaigns, zipfExponent: zipf,
            startMilliseconds: first.milliseconds, spanMilliseconds: length ?? 7_200_000, duplicates: duplicates,
            late: late, invalid: invalid, undecodable: undecodable, faulty: faulty,
            jitterMilliseconds: jitter.milliseconds)
    }

    /// What goes into other topics, as the options describe it.
    func sides(besides topic: String) throws -> SideStreamShape {
        let topics = [topic, budgets, adjustments].compactMap { $0 }
        guard Set(topics).count == topics.count else {
            throw CommandFailure(.usage, "--topic, --budgets and --adjustments must name different topics")
        }
        guard (1...campaigns).contains(budgetCampaigns), budgetCampaigns <= 100_000 else {
            throw CommandFailure(.usage, "--budget-campaigns must be from 1 to the number of campaigns, at most 100000")
        }
        guard adjustmentShare >= 0, adjustmentShare <= 1 else {
            throw CommandFailure(.usage, "--adjustment-share is a share from 0 to 1")
        }
        return SideStreamShape(
            budgetsTopic: budgets, budgetCampaigns: budgetCampaigns, adjustmentsTopic: adjustments,
            adjustmentShare: adjustmentShare)
    }

    private func prepare(_ sides: SideStreamShape, _ sink: KafkaRecordSink?, keepsTruth: Bool) throws {
        if let topic = sides.budgetsTopic {
            try sink?.prepare(topic: topic, partitions: partitions, requiresEmpty: false, isCompacted: true)
        }
        if let topic = sides.adjustmentsTopic {
            try sink?.prepare(topic: topic, partitions: partitions, requiresEmpty: keepsTruth)
        }
    }

    /// What the truth's judgement depends on; it must be what the job is told.
    func rules() throws -> TruthRules {
        func milliseconds(_ option: String?, _ variable: String, _ name: String, else usual: Int64) throws -> Int64 {
            guard let text = option ?? Environment.value(variable) else { return usual }
            guard let span = TimeSpan(text) else {
                throw CommandFailure(.usage, "--\(name) (\(variable)) takes a length of time, such as 30s or 10m")
            }
            return span.milliseconds
        }
        let usual = TruthRules()
        return TruthRules(
            outOfOrdernessMilliseconds: try milliseconds(
                watermarkDelay, "SLUICE_WATERMARK_DELAY", "watermark-delay", else: usual.outOfOrdernessMilliseconds),
            horizonMilliseconds: try milliseconds(
                dedupHorizon, "SLUICE_DEDUP_HORIZON", "dedup-horizon", else: usual.horizonMilliseconds))
    }

    private static func span(_ text: String, _ option: String) throws -> Int64 {
        guard let span = TimeSpan(text), span.milliseconds >= 1, span.milliseconds <= 366 * 86_400_000 else {
            throw CommandFailure(.usage, "--\(option) takes a length of time up to a year, such as 90s, 30m or 2h")
        }
        return span.milliseconds
    }

    private func report(_ run: GenerationRun, topic: String) {
        let what = dryRun ? "worked out" : "sent"
        var text = "\(what) \(Amount.count(run.sent)) records"
        if !dryRun { text += " to \(topic) (\(partitions) partitions)" }
        text += " in \(TimeSpan(milliseconds: run.elapsedMilliseconds)), \(Amount.count(run.recordsPerSecond))/s\n"
        if !noTruth, !append {
            let totals = run.truth.partitions.values
            func sum(_ count: KeyPath<TruthKeeper.PartitionTotals, Int64>) -> String {
                Amount.count(totals.reduce(0) { $0 + $1[keyPath: count] })
            }
            text += "expected: \(Amount.count(Int64(run.truth.rows.count))) rows, \(sum(\.duplicates)) duplicates, "
            text += "\(sum(\.lateEvents)) late, \(sum(\.invalidEvents)) invalid, \(sum(\.deadLetters)) dead letters"
            text += truth.map { "; written to \($0)\n" } ?? "\n"
        }
        if budgets != nil || adjustments != nil {
            var parts = budgets.map { ["\(run.budgetCount) budgets to \($0)"] } ?? []
            if let topic = adjustments {
                let sums = run.truth.adjustments
                let counts =
                    sums.topic == nil
                    ? "credits"
                    : "\(Amount.count(sums.count)) credits and \(Amount.count(sums.repeats)) repeats of them"
                parts.append("\(counts) to \(topic)")
            }
            text += parts.joined(separator: ", ") + "\n"
        }
        Output.write(text)
    }
}
