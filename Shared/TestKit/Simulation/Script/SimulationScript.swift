/// All that a run is made of: the size of the world, its pace, and what goes wrong at which moment. Drawn from a seed,
/// or read from a text; the same script always gives the same run.
public struct SimulationScript: Equatable, Sendable {
    /// Something that goes wrong.
    public struct Fault: Equatable, Sendable {
        /// Milliseconds after the world began.
        public var moment: Int64
        public var kind: FaultKind
        /// Which process, partition or step is meant, counted round.
        public var target: Int
        /// How long, how much or how often, as the kind has it.
        public var amount: Int64
        /// What the fault itself draws comes from this, so that it does the same without the others.
        public var salt: UInt64

        public init(moment: Int64, kind: FaultKind, target: Int, amount: Int64, salt: UInt64) {
            self.moment = moment
            self.kind = kind
            self.target = target
            self.amount = amount
            self.salt = salt
        }
    }

    /// A figure of the world, by the name that the text has for it.
    public enum Parameter: String, CaseIterable, Sendable {
        case partitions, members
        /// Records in each partition, those that faults bring left out.
        case records
        /// Until when records are sent and faults begin.
        case duration
        case horizon
        case outOfOrderness = "out-of-orderness"
        case session
        case heartbeat
        case checkpoint
        case poll
        case batch
        case pendingRows = "pending-rows"
        case revokeLimit = "revoke-limit"
        case drainLimit = "drain-limit"
        case lockTimeout = "lock-timeout"
    }

    public var seed: UInt64
    public var parameters: [Parameter: Int64]
    /// Guards that are left out.
    public var mutants: [String]
    public var faults: [Fault]

    public init(seed: UInt64, parameters: [Parameter: Int64], mutants: [String] = [], faults: [Fault]) {
        self.seed = seed
        self.parameters = parameters
        self.mutants = mutants
        self.faults = faults
    }

    public subscript(parameter: Parameter) -> Int64 {
        get { parameters[parameter] ?? Self.defaults[parameter] ?? 0 }
        set { parameters[parameter] = newValue }
    }

    private static let defaults: [Parameter: Int64] = [
        .partitions: 3, .members: 2, .records: 300, .duration: 600_000, .horizon: 60_000, .outOfOrderness: 5_000,
        .session: 10_000, .heartbeat: 1_000, .checkpoint: 500, .poll: 200, .batch: 100, .pendingRows: 200,
        .revokeLimit: 5_000, .drainLimit: 8_000, .lockTimeout: 2_000,
    ]
}
