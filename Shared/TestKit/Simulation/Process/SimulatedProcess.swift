public import Streams

/// What a world knows of a process, whatever job runs in it.
protocol SimulatedProcess: AnyObject {
    var number: Int { get }
    var instance: String { get }
    var consumer: SimulatedConsumer { get }
    var isDead: Bool { get }
    var isStopped: Bool { get }
    /// It has ended by itself.
    var hasExited: Bool { get }
    /// Its partitions as it sees them.
    var snapshots: [PartitionSnapshot] { get }
    /// Where it was last, for messages.
    var description: String { get }

    func start()
    /// SIGTERM.
    func requestStop()
    /// SIGSTOP and SIGCONT.
    func stop()
    func proceed()
    /// SIGKILL: from now on nothing of it reaches the world. The host may be gone as well, and then nobody tells the
    /// server that the connection is.
    func kill(isHostGone: Bool)
    /// At the next arrival at a step, once it was passed so often before.
    func order(_ order: StepOrder)
}

/// What is to happen to a process when it reaches a step.
struct StepOrder {
    enum Action: Equatable {
        case kill
        case stop(milliseconds: Int64)
    }
    var step: WorkerStep
    var moment: StepMoment
    /// Arrivals to let pass.
    var passing: Int
    var action: Action
}

/// How a job is put into a simulated world.
public struct SimulatedJob<Logic: EventLogic> {
    public var logic: Logic
    /// What the job declares of its topic; the log is compacted whatever it says.
    public var isCompacted = false
    /// The rows that an output adds to, as the sink's SQL would.
    public var rows: (Logic.Output) -> [ResultKey: ResultRow]

    public init(logic: Logic, rows: @escaping (Logic.Output) -> [ResultKey: ResultRow]) {
        self.logic = logic
        self.rows = rows
    }
}
