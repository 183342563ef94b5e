import Runtime
import Streams

/// The service's metrics; every name is explained in the README.
final class ArchiverMetrics {
    struct Gauges {
        let nextOffset: GaugeMetric
        let lagRecords: GaugeMetric
        let lagSeconds: GaugeMetric
    }

    let records: CounterMetric
    let skippedOffsets: CounterMetric
    let rawBytes: CounterMetric
    let fileBytes: CounterMetric
    let segments: CounterMetric
    let removedSegments: CounterMetric
    let unverifiable: CounterMetric
    let kafkaFailures: CounterMetric
    let finishSeconds: HistogramMetric
    let freeBytes: GaugeMetric
    private let registry: OpenMetricsRegistry
    private let topic: String

    init(_ registry: OpenMetricsRegistry, topic: String) {
        self.registry = registry
        self.topic = topic
        records = registry.counter("sluice_archive_records", help: "Records in segments that were finished.")
        skippedOffsets = registry.counter(
            "sluice_archive_skipped_offsets", help: "Offsets that the topic did not deliver, in finished segments.")
        rawBytes = registry.counter(
            "sluice_archive_record_bytes", help: "Bytes of the records in finished segments, before compression.")
        fileBytes = registry.counter("sluice_archive_file_bytes", help: "Bytes of finished segments.")
        segments = registry.counter("sluice_archive_segments", help: "Segments finished.")
        removedSegments = registry.counter(
            "sluice_archive_segments_removed", help: "Segments that retention removed.")
        unverifiable = registry.counter(
            "sluice_archive_unverifiable",
            help: "Partitions of which nothing proved at the start that topic and archive are the same log.")
        kafkaFailures = registry.counter(
            "sluice_archive_kafka_failures", help: "Questions to Kafka that were not answered.")
        finishSeconds = registry.histogram(
            "sluice_archive_finish_seconds", help: "From a segment's last record to its name, fsync included.")
        freeBytes = registry.gauge(
            "sluice_archive_free_bytes", help: "Bytes that the archive's file system has left for this user.")
    }

    func gauges(_ partition: Partition) -> Gauges {
        let labels = [("topic", topic), ("partition", partition.description)]
        return Gauges(
            nextOffset: registry.gauge(
                "sluice_archive_next_offset", labels: labels, help: "The offset after the last one in a segment."),
            lagRecords: registry.gauge(
                "sluice_archive_lag_records", labels: labels, help: "Offsets of the topic that are in no segment yet."),
            lagSeconds: registry.gauge(
                "sluice_archive_lag_seconds", labels: labels,
                help: "Age of the oldest record that was read and is in no segment yet."))
    }
}
