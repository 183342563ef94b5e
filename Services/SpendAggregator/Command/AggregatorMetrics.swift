import Runtime
import SpendAggregatorJob
import Streams

/// The service's metrics; every name is explained in the README.
final class AggregatorMetrics {
    /// What is shown of one partition.
    private struct Gauges {
        let lagRecords: GaugeMetric
        let lagSeconds: GaugeMetric
        let watermark: GaugeMetric
        let rememberedIDs: GaugeMetric
        let stopped: GaugeMetric
        var counted = PartitionCounters()
    }

    let rebalances: CounterMetric
    let partitionsAppeared: CounterMetric
    let fencedCommits: CounterMetric
    let checkpoints: CounterMetric
    let committedRecords: CounterMetric
    let committedRows: CounterMetric
    let storeRetries: CounterMetric
    let skippedOffsets: CounterMetric
    let horizonIncomplete: CounterMetric
    let anchorUnverifiable: CounterMetric
    let commitSeconds: HistogramMetric
    private let freshness: HistogramMetric
    private let records: CounterMetric
    private let duplicates: CounterMetric
    private let late: CounterMetric
    private let invalid: CounterMetric
    private let deadLetters: CounterMetric
    private let horizonBytes: GaugeMetric
    private let watermark: GaugeMetric

    private let registry: OpenMetricsRegistry
    private let stream: StreamIdentity
    private var partitions: [Partition: Gauges] = [:]

    private static let partitionGauges = [
        "sluice_consumer_lag_records", "sluice_consumer_lag_seconds", "sluice_watermark_timestamp_seconds",
        "sluice_dedup_remembered_ids", "sluice_partition_stopped",
    ]

    init(_ registry: OpenMetricsRegistry, _ stream: StreamIdentity, _ vitals: StreamVitals) {
        self.registry = registry
        self.stream = stream
        func name(_ rest: String) -> String { stream.metricPrefix + rest }
        rebalances = registry.counter(name("consumer_rebalances"), help: "Assignments and revocations.")
        partitionsAppeared = registry.counter(
            name("partitions_appeared"), help: "Partitions that the job had never seen before.")
        fencedCommits = registry.counter(
            name("checkpoint_fenced"), help: "Cuts refused because the partition has another owner.")
        checkpoints = registry.counter(name("checkpoint_commits"), help: "Checkpoints committed.")
        committedRecords = registry.counter(name("checkpoint_records"), help: "Records in committed checkpoints.")
        committedRows = registry.counter(name("checkpoint_rows"), help: "Rows written by committed checkpoints.")
        storeRetries = registry.counter(
            name("store_retries"), help: "Commits and claims tried again after a passing error.")
        skippedOffsets = registry.counter(
            name("log_skipped_offsets"), help: "Offsets that the log does not hold.")
        horizonIncomplete = registry.counter(
            name("dedup_horizon_incomplete"), help: "Assignments after which part of the horizon could not be re-read."
        )
        anchorUnverifiable = registry.counter(
            name("anchor_unverifiable"), help: "Assignments at which the last applied record was gone from the log.")
        commitSeconds = registry.histogram(
            name("checkpoint_commit_seconds"), help: "From the hand-over of a checkpoint to its known outcome.")
        freshness = registry.histogram(
            name("event_to_commit_seconds"), buckets: HistogramMetric.freshnessBuckets,
            help: "From a record's timestamp to its commit: the oldest and the newest record of each cut.")
        records = registry.counter(name("records_read"), help: "Records applied in memory, committed or not.")
        duplicates = registry.counter(name("records_duplicate"), help: "Records whose event had been counted.")
        late = registry.counter(name("records_late"), help: "Events that came after their minute had ended.")
        invalid = registry.counter(name("records_invalid"), help: "Events of invalid traffic.")
        deadLetters = registry.counter(name("records_dead_letter"), help: "Records that could not be processed.")
        horizonBytes = registry.gauge(name("dedup_horizon_bytes"), help: "Memory of the remembered ids.")
        watermark = registry.gauge(
            name("watermark_lowest_timestamp_seconds"), help: "The smallest watermark of the owned partitions.")
        registry.callbackGauge(
            name("oldest_unapplied_age_seconds"),
            help: "Age of the oldest record that is in the log and not committed; grows while the worker hangs."
        ) { vitals.oldestUnappliedSeconds }
        registry.callbackGauge(
            name("store_refused_seconds"),
            help: "How long the database has refused commits or claims; 0: it takes them."
        ) { vitals.storeRefusedSeconds }
        if stream.isEvents {
            registry.callbackGauge(
                "sluice_watermark_behind_seconds",
                help:
                    "How far the slowest partition that has something to read is behind the newest event that was read."
            ) { vitals.watermarkBehindSeconds }
        }
    }

    /// Counts a stop by its reason.
    func stopped(_ code: StopReason.Code) -> CounterMetric {
        registry.counter(
            stream.metricPrefix + "partition_stops", labels: [("reason", code.rawValue)],
            help: "Partitions stopped, by reason.")
    }

    func observeFreshness(_ cut: CheckpointSummary) {
        for timestamp in [cut.oldestTimestampMilliseconds, cut.newestTimestampMilliseconds] where timestamp >= 0 {
            freshness.observe(Double(max(0, cut.committedAtUnixMilliseconds - timestamp)) / 1_000)
        }
    }

    func remove(_ partition: Partition) {
        guard partitions.removeValue(forKey: partition) != nil else { return }
        for name in Self.partitionGauges { registry.remove(name, labels: labels(partition)) }
    }

    private func labels(_ partition: Partition) -> [(String, String)] {
        [("topic", stream.topic), ("partition", partition.description)]
    }

    private func gauges(_ snapshot: PartitionSnapshot) -> Gauges {
        if let known = partitions[snapshot.partition] { return known }
        let labels = labels(snapshot.partition)
        let helps = [
            "Records between the committed offset and the end of the log.",
            "Age of the oldest record that is in the log and not committed.",
            "The partition's watermark.", "Ids within the deduplication horizon.", "1 while the partition is stopped.",
        ]
        let made = zip(Self.partitionGauges, helps).map { registry.gauge($0, labels: labels, help: $1) }
        // What was counted before this assignment was counted by somebody else's process.
        return Gauges(
            lagRecords: made[0], lagSeconds: made[1], watermark: made[2], rememberedIDs: made[3], stopped: made[4],
            counted: snapshot.countersAtClaim)
    }

    func sample(_ snapshots: [PartitionSnapshot], knownEnds: [Partition: Offset], unixMilliseconds: Int64) {
        var bytes = 0
        var watermarks: [Watermark] = []
        for snapshot in snapshots {
            var shown = gauges(snapshot)
            let end = knownEnds[snapshot.partition]
            let age = snapshot.ageMilliseconds(now: unixMilliseconds, knownEnd: end)
            bytes += snapshot.horizonBytes
            shown.lagSeconds.set(Double(age) / 1_000)
            if let end {
                let from = snapshot.committedNext ?? snapshot.expected
                shown.lagRecords.set(max(0, end.rawValue - from.rawValue))
            }
            if snapshot.streamTime != .distantPast {
                let time = snapshot.streamTime.minus(milliseconds: stream.outOfOrdernessMilliseconds)
                shown.watermark.set(Double(time.milliseconds) / 1_000)
                // A partition with nothing to read does not hold the others back.
                watermarks.append(age == 0 ? .idle : .at(time))
            }
            shown.rememberedIDs.set(Int64(snapshot.rememberedIDs))
            shown.stopped.set(Int64(snapshot.phase == .stopped ? 1 : 0))
            count(from: shown.counted, to: snapshot.counters)
            shown.counted = snapshot.counters
            partitions[snapshot.partition] = shown
        }
        horizonBytes.set(Int64(bytes))
        if case .at(let time) = Watermark.combined(watermarks) { watermark.set(Double(time.milliseconds) / 1_000) }
    }

    private func count(from before: PartitionCounters, to now: PartitionCounters) {
        records.increment(by: max(0, now.records - before.records))
        duplicates.increment(by: max(0, now.duplicates - before.duplicates))
        late.increment(by: max(0, now.late - before.late))
        invalid.increment(by: max(0, now.invalid - before.invalid))
        deadLetters.increment(by: max(0, now.deadLetters - before.deadLetters))
    }
}
