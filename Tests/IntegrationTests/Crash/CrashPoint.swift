import Streams

/// A place in a worker's life at which a process of the debug build dies: what `SLUICE_CRASH_AT` takes.
struct CrashPoint: Sendable, CustomStringConvertible {
    var step: WorkerStep
    var moment: StepMoment
    /// The process dies when it comes there for the Nth time.
    var arrival = 1

    init(_ step: WorkerStep, _ moment: StepMoment, _ arrival: Int = 1) {
        self.step = step
        self.moment = moment
        self.arrival = arrival
    }

    /// Without the arrival.
    var name: String { "\(step.rawValue):\(moment.rawValue)" }
    var description: String { "\(name):\(arrival)" }

    /// Every step, before and after, each at an arrival that a process in a running stream comes to.
    static func all(_ random: inout SeededRandom) -> [CrashPoint] {
        WorkerStep.allCases.flatMap { step in
            StepMoment.allCases.map { CrashPoint(step, $0, arrival(step, &random)) }
        }
    }

    /// One of them.
    static func any(_ random: inout SeededRandom) -> CrashPoint {
        let step = WorkerStep.allCases.randomElement(using: &random) ?? .poll
        let moment = StepMoment.allCases.randomElement(using: &random) ?? .before
        return CrashPoint(step, moment, arrival(step, &random))
    }

    private static func arrival(_ step: WorkerStep, _ random: inout SeededRandom) -> Int {
        switch step {
        // Once in a process's life.
        case .claim, .warmUp, .revoke, .drain: 1
        case .poll, .decode: Int.random(in: 3...60, using: &random)
        case .handOver, .begin, .progressUpdate, .write, .commitSent, .commitAcknowledged, .mirror:
            Int.random(in: 1...4, using: &random)
        }
    }

    /// How many steps there are.
    static let steps = WorkerStep.allCases.count

    /// Whether a process comes there only when it is told to end.
    var needsEnd: Bool { step == .revoke || step == .drain }
    /// Whether a process comes there before it has committed anything.
    var isWhileStarting: Bool { step == .claim || step == .warmUp }
}
