import Connectors
import Kafka
import Runtime
import Streams

/// One stream of the service: a worker's thread with its consumer, and a committer's thread with its connection.
struct StreamThreads: Sendable {
    private let worker: DedicatedThread
    private let committer: DedicatedThread
    private let stopClaiming: @Sendable () -> Void
    private let cancel: @Sendable () -> Void
    private let observer: AggregatorObserver

    /// Starts both threads.
    ///
    /// - Parameter stop: set once the process is asked to end.
    init<Logic: EventLogic>(
        _ job: StreamJob<Logic>, writer: @autoclosure () -> any OutputWriter<Logic.Output>, identity: StreamIdentity,
        _ configuration: SpendConfiguration, observer: AggregatorObserver, probe: (any StepProbe)?, stop: StopFlag
    ) throws {
        let lane = CommitterLane(
            PostgresCheckpointStore(
                configuration.postgres, names: configuration.names,
                identity: .init(job: job.name, topic: job.topic, owner: configuration.owner), settings: job.settings,
                writer: writer(), probe: probe),
            observer: observer)
        var consumer = configuration.consumer
        // Each topic has a group of its own: a group's members share all topics of all of them.
        if let kind = identity.kind { consumer.group += "-\(kind)" }
        let suffix = identity.kind.map { "-\($0)" } ?? ""
        let settings = consumer
        committer = try DedicatedThread(name: "committer\(suffix)") { lane.run() }
        worker = try DedicatedThread(name: "worker\(suffix)") {
            // The source is made on the thread that polls it.
            let source = try KafkaSource(topic: job.topic, configuration: configuration.kafka, settings: settings)
            let worker = job.worker(
                source: source, lane: lane, clock: SystemClock(), observer: observer, probe: probe,
                isStopRequested: { stop.isSet })
            try worker.run()
        }
        stopClaiming = { lane.stopClaiming() }
        cancel = { lane.cancel() }
        self.observer = observer
    }

    /// Ends waiting for claims; the worker drains once the flag is set.
    func drain() { stopClaiming() }

    /// Waits for the worker's end, then for the committer's.
    ///
    /// - Returns: what ended the worker, other than being asked to.
    func finished() async -> (any Error)? {
        let failure = await worker.finished()
        cancel()
        await committer.finished()
        observer.ended()
        return failure
    }
}
