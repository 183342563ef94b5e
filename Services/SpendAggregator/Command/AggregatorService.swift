import Connectors
import Kafka
import Logging
import Postgres
import Runtime
import ServiceLifecycle
import SpendAggregatorJob
import Streams
import Synchronization

/// The streams, the relay and the housekeeper as a service: started by `run`, drained at a graceful shutdown. Where one of
/// the streams ends by a failure the others drain and the service ends with it.
struct AggregatorService: Service {
    private let configuration: SpendConfiguration
    private let context: ServiceContext
    private let vitals: AggregatorVitals
    private let timeZones: [String]
    private let probe: (any StepProbe)?
    private let relayProbe: (any OutboxProbe)?

    /// - Parameters:
    ///   - vitals: where the streams write how they do.
    ///   - timeZones: the names that the database knows.
    ///   - probe: a test's; told of every step of the events' stream.
    ///   - relayProbe: a test's; told of every step of the relay.
    init(
        _ configuration: SpendConfiguration, _ context: ServiceContext, vitals: AggregatorVitals, timeZones: [String],
        probe: (any StepProbe)? = nil, relayProbe: (any OutboxProbe)? = nil
    ) {
        self.configuration = configuration
        self.context = context
        self.vitals = vitals
        self.timeZones = timeZones
        self.probe = probe
        self.relayProbe = relayProbe
    }

    func run() async throws {
        let stop = StopFlag()
        let idle = IdlePartitions(job: configuration.job.name, topic: configuration.job.topic)
        let relay = configuration.side.signalsTopic.map { outbox(topic: $0) }
        let relayThread = try relay.map { relay in try DedicatedThread(name: "relay") { relay.run() } }
        let housekeeper = Housekeeper(configuration, context, idle: idle) { relay?.wake() }
        let housekeeping = try DedicatedThread(name: "housekeeper") { housekeeper.run() }
        let streams = try startStreams(stop, idle: idle) { relay?.wake() }
        let watch = KafkaWatch(configuration.kafka, topic: configuration.job.topic, silence: vitals.kafka, context)
        let watching = try DedicatedThread(name: "kafka watch") { watch.run() }
        let failure = await withGracefulShutdownHandler {
            await withTaskGroup(of: (any Error)?.self) { group in
                for stream in streams { group.addTask { await stream.finished() } }
                var first: (any Error)?
                for await ended in group {
                    first = first ?? ended
                    stop.set()
                    for stream in streams { stream.drain() }
                }
                return first
            }
        } onGracefulShutdown: {
            stop.set()
            watch.stop()
            for stream in streams { stream.drain() }
        }
        watch.stop()
        // One after the other, so that the signals that the end has brought about are published.
        housekeeper.stop()
        await housekeeping.finished()
        relay?.stop()
        await relayThread?.finished()
        await watching.finished()
        if let failure { throw failure }
    }

    private func startStreams(
        _ stop: StopFlag, idle: IdlePartitions, committed: @escaping @Sendable () -> Void
    ) throws -> [StreamThreads] {
        let names = configuration.names
        let side = configuration.side
        var streams: [StreamThreads] = []
        // Somebody waits for signals only where there are budgets; another process of the job may read them.
        let headroom = side.budgetsTopic.map { _ in BudgetHeadroom() }
        var events = configuration.job
        events.logic = SpendLogic(headroom: headroom)
        streams.append(
            try start(
                events, nil, vitals.events, SpendWriter(names, headroom: headroom), stop, probe: probe,
                committed: committed,
                sampled: { idle.sampled($0, knownEnds: $1) }))
        if let topic = side.adjustmentsTopic, let vitals = vitals.adjustments {
            streams.append(
                try start(
                    sideJob(topic, AdjustmentLogic()), "adjustments", vitals, AdjustmentWriter(names), stop,
                    committed: committed))
        }
        if let topic = side.budgetsTopic, let vitals = vitals.budgets {
            streams.append(
                try start(
                    sideJob(topic, BudgetLogic(timeZones: timeZones), isCompacted: true), "budgets", vitals,
                    BudgetWriter(names, clock: SystemClock()), stop, committed: committed))
        }
        return streams
    }

    /// A stream without deduplication of its own: the ledger's key and the budget's version do that.
    private func sideJob<Logic: EventLogic>(
        _ topic: String, _ logic: Logic, isCompacted: Bool = false
    ) -> StreamJob<Logic> {
        var settings = StreamSettings(
            horizonMilliseconds: 0, outOfOrdernessMilliseconds: configuration.job.settings.outOfOrdernessMilliseconds,
            deduplicates: false, isCompacted: isCompacted)
        settings.maximumRememberedIDs = configuration.job.settings.maximumRememberedIDs
        var pace = configuration.job.pace
        // Adjustments and budgets are few, and somebody waits for what they bring about.
        pace.checkpointIntervalMilliseconds = min(
            pace.checkpointIntervalMilliseconds, pace.urgentCheckpointIntervalMilliseconds)
        var job = StreamJob(
            name: configuration.job.name, topic: topic, logic: logic, settings: settings, pace: pace)
        job.operatorFlags = configuration.job.operatorFlags
        return job
    }

    private func start<Logic: EventLogic>(
        _ job: StreamJob<Logic>, _ kind: String?, _ vitals: StreamVitals, _ writer: any OutputWriter<Logic.Output>,
        _ stop: StopFlag, probe: (any StepProbe)? = nil, committed: @escaping @Sendable () -> Void,
        sampled: @escaping @Sendable ([PartitionSnapshot], [Partition: Offset]) -> Void = { _, _ in }
    ) throws -> StreamThreads {
        let identity = StreamIdentity(kind, topic: job.topic, settings: job.settings)
        return try StreamThreads(
            job, writer: writer, identity: identity, configuration,
            observer: AggregatorObserver(identity, context, vitals: vitals, committed: committed, sampled: sampled),
            probe: probe,
            stop: stop)
    }

    private func outbox(topic: String) -> OutboxRelay {
        OutboxRelay(
            OutboxRelay.Settings(
                job: configuration.job.name, output: SignalTable.output, topic: topic,
                partitions: configuration.side.signalsPartitions),
            kafka: configuration.kafka, postgres: configuration.postgres, names: configuration.names,
            table: SignalTable(configuration.names), observer: RelayObserver(context, topic: topic),
            probe: relayProbe)
    }
}

/// Set once, from whichever thread hears of the shutdown first.
final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
