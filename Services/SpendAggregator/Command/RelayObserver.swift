import Connectors
import Kafka
import Logging
import Postgres
import Runtime
import Streams
import Synchronization

/// Turns what the relay does into log lines, metrics and health.
final class RelayObserver: OutboxRelayObserver {
    private let logger: Logger
    private let health: HealthState
    private let topic: String
    private let published: CounterMetric
    private let retries: CounterMetric
    private let elections: CounterMetric
    private let isElected: GaugeMetric
    private let waiting: GaugeMetric
    private let isStopped: GaugeMetric
    private let age: HistogramMetric
    /// Whether a try has failed since the last one that did not.
    private let isTroubled = Atomic<Bool>(false)

    init(_ context: ServiceContext, topic: String) {
        logger = context.logger
        health = context.health
        self.topic = topic
        let registry = context.registry
        published = registry.counter("sluice_outbox_published", help: "Messages published by this process.")
        retries = registry.counter(
            "sluice_outbox_retries", help: "Tries of the relay that failed for a passing reason.")
        elections = registry.counter("sluice_outbox_elections", help: "Times that this process became the relay.")
        isElected = registry.gauge("sluice_outbox_elected", help: "1 while this process is the relay.")
        waiting = registry.gauge(
            "sluice_outbox_waiting", help: "Messages decided and not published; 0 where another process is the relay.")
        isStopped = registry.gauge("sluice_outbox_stopped", help: "1 while the relay waits for an operator's decision.")
        age = registry.histogram(
            "sluice_outbox_publish_seconds", buckets: HistogramMetric.freshnessBuckets,
            help: "From a message's decision to its publication: the oldest of each transaction.")
    }

    private var place: Logger.Metadata { ["topic": "\(topic)"] }

    func elected() {
        elections.increment()
        isElected.set(Int64(1))
        logger.info("this process publishes signals", metadata: place)
    }

    func standsBy() { recovered("the relay can ask the database again") }
    func lostElection(_ error: PostgresError) { handOver("\(error)") }
    func fenced(_ error: KafkaError) { handOver(error.description) }

    private func handOver(_ cause: String) {
        isElected.set(Int64(0))
        waiting.set(Int64(0))
        isStopped.set(Int64(0))
        isTroubled.store(false, ordering: .releasing)
        health.ready("relay")
        logger.warning(
            "another process publishes signals",
            metadata: place.merging(
                ["error": "\(cause)", "explanation": "nothing is lost or published twice; this process stands by"]
            ) { $1 })
    }

    func published(count: Int, oldestAgeMilliseconds: Int64?) {
        recovered("signals are published again")
        published.increment(by: Int64(count))
        if let oldestAgeMilliseconds { age.observe(Double(oldestAgeMilliseconds) / 1_000) }
    }

    func retried(_ trouble: OutboxTrouble) {
        retries.increment()
        guard !isTroubled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        health.notReady("relay", "publishing signals failed and is tried again: \(trouble)")
        logger.warning(
            "publishing signals failed and is tried again",
            metadata: place.merging(
                ["error": "\(trouble)", "explanation": "signals wait in the outbox, in order; nothing is lost"]) { $1 })
    }

    /// A stop is another matter: it has its own end.
    private func recovered(_ event: Logger.Message) {
        guard isTroubled.exchange(false, ordering: .acquiringAndReleasing) else { return }
        health.ready("relay")
        logger.info(event, metadata: place)
    }

    func stopped(_ reason: OutboxStopReason) {
        // Kafka and the database have answered.
        isTroubled.store(false, ordering: .releasing)
        isStopped.set(Int64(1))
        health.notReady("relay", reason.description)
        logger.error(
            "publishing signals is stopped",
            metadata: place.merging(["reason": "\(reason.code)", "explanation": "\(reason.description)"]) { $1 })
    }

    func goesOn() {
        isStopped.set(Int64(0))
        health.ready("relay")
        logger.info("publishing signals goes on", metadata: place)
    }

    func sampled(_ lanes: [OutboxLaneState], isCurrent: Bool) {
        waiting.set(lanes.reduce(0) { $0 + $1.lag })
        if isCurrent { recovered("signals can be published again") }
    }
}
