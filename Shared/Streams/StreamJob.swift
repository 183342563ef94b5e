/// A job as a value: its logic, its time, its pace. Where it reads, where it writes, which clock it has and who
/// watches is passed in when it is run, so the same job runs live, over an archive, in a simulation or in a test.
public struct StreamJob<Logic: EventLogic>: Sendable {
    /// Names the job's progress rows: one value for all processes that share the work.
    public var name: String
    public var topic: String
    public var logic: Logic
    public var settings: StreamSettings
    public var pace: WorkerSettings
    /// What the operators' command needs besides the job's name to find this installation; for messages.
    public var operatorFlags = ""

    public init(
        name: String, topic: String, logic: Logic, settings: StreamSettings = StreamSettings(),
        pace: WorkerSettings = WorkerSettings()
    ) {
        self.name = name
        self.topic = topic
        self.logic = logic
        self.settings = settings
        self.pace = pace
    }

    /// A worker of the job with everything that it touches.
    ///
    /// - Parameter probe: a test's; told of every step.
    public func worker<Log: Source, Lane: CheckpointLane>(
        source: Log, lane: Lane, clock: any WorkerClock, observer: any WorkerObserver,
        probe: (any StepProbe)? = nil, isStopRequested: @escaping () -> Bool
    ) -> Worker<Logic, Log, Lane> where Lane.Output == Logic.Output {
        Worker(
            core: JobCore(
                job: name, topic: topic, logic: logic, settings: settings, operatorFlags: operatorFlags, probe: probe),
            source: source, lane: lane, clock: clock, observer: observer, settings: pace, probe: probe,
            isStopRequested: isStopRequested)
    }
}
