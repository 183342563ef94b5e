import Connectors
import Kafka
import Logging
import Postgres
import Runtime
import ServiceLifecycle
import SpendAggregatorJob
import Streams
import Synchronization

/// The worker and its committer as a service: two threads, started by `run`, drained at a graceful shutdown.
struct AggregatorService: Service {
    private let configuration: SpendConfiguration
    private let context: ServiceContext
    private let probe: (any StepProbe)?

    /// - Parameter probe: a test's; told of every step.
    init(_ configuration: SpendConfiguration, _ context: ServiceContext, probe: (any StepProbe)? = nil) {
        self.configuration = configuration
        self.context = context
        self.probe = probe
    }

    func run() async throws {
        let stop = StopFlag()
        let observer = AggregatorObserver(configuration, context)
        let lane = CommitterLane(store(), observer: observer)
        let committer = try DedicatedThread(name: "committer") { lane.run() }
        let (configuration, probe) = (configuration, probe)
        let worker = try DedicatedThread(name: "worker") {
            // The source is made on the thread that polls it.
            let source = try KafkaSource(
                topic: configuration.job.topic, configuration: configuration.kafka, settings: configuration.consumer)
            let worker = configuration.job.worker(
                source: source, lane: lane, clock: SystemClock(), observer: observer,
                probe: probe, isStopRequested: { stop.isSet })
            try worker.run()
        }
        let failure = await withGracefulShutdownHandler {
            await worker.finished()
        } onGracefulShutdown: {
            stop.set()
            lane.stopClaiming()
        }
        lane.cancel()
        await committer.finished()
        observer.ended()
        if let failure { throw failure }
    }

    private func store() -> PostgresCheckpointStore<SpendOutput> {
        PostgresCheckpointStore(
            configuration.postgres, names: configuration.names,
            identity: .init(
                job: configuration.job.name, topic: configuration.job.topic, owner: configuration.owner),
            settings: configuration.job.settings, writer: SpendWriter(configuration.names), probe: probe)
    }
}

/// Set once, from whichever thread hears of the shutdown first.
final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
