import Runtime
import Synchronization

/// How the archiver does, for its objectives: written with the time by its thread, read by any, so that an age goes on growing
/// while that thread hangs in a write.
final class ArchiverVitals: Sendable {
    private struct State {
        var hasSampled = false
        /// Unix milliseconds of the oldest record that was read and is in no segment.
        var oldest: Int64?
        /// Monotonic milliseconds.
        var silentSince: Int64?
    }

    private let state = Mutex(State())

    init(_ registry: OpenMetricsRegistry) {
        registry.callbackGauge(
            "sluice_archive_oldest_unarchived_seconds",
            help: "Age of the oldest record of any partition that was read and is in no segment yet."
        ) { [weak self] in self?.oldestUnarchivedSeconds }
        registry.callbackGauge(
            "sluice_archive_kafka_silent_seconds",
            help: "How long Kafka has left questions without an answer; 0: it answers."
        ) { [weak self] in self?.kafkaSilentSeconds }
    }

    /// - Parameter oldestTimestampMilliseconds: Nil where every record that was read is in a segment.
    func sampled(oldestTimestampMilliseconds: Int64?) {
        state.withLock {
            $0.hasSampled = true
            $0.oldest = oldestTimestampMilliseconds
        }
    }

    func kafkaDidNotAnswer() {
        let now = HealthState.monotonicMilliseconds()
        state.withLock { $0.silentSince = $0.silentSince ?? now }
    }

    func kafkaAnswered() { state.withLock { $0.silentSince = nil } }

    var indicators: Indicators {
        var indicators = Indicators()
        indicators.set("freshness", value: { self.oldestUnarchivedSeconds })
        indicators.set("availability", value: { self.kafkaSilentSeconds })
        return indicators
    }

    private var oldestUnarchivedSeconds: Double? {
        let now = ObjectivesService.unixMilliseconds()
        return state.withLock { state in
            guard state.hasSampled else { return nil }
            return Double(max(0, now - (state.oldest ?? now))) / 1_000
        }
    }

    private var kafkaSilentSeconds: Double? {
        let now = HealthState.monotonicMilliseconds()
        return state.withLock { state in
            guard state.hasSampled else { return nil }
            return state.silentSince.map { Double(max(1, now - $0)) / 1_000 } ?? 0
        }
    }
}
