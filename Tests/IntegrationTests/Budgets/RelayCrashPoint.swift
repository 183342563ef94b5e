import Connectors
import Glibc
import LocalServers
import Streams
import Testing

/// A place in a relay's life at which a process of the debug build dies: `SLUICE_CRASH_AT=relay-commit:after:2`.
struct RelayCrashPoint: Sendable, CustomStringConvertible {
    var step: OutboxStep
    var moment: StepMoment
    /// The process dies when it comes there for the Nth time.
    var arrival = 1

    init(_ step: OutboxStep, _ moment: StepMoment, _ arrival: Int = 1) {
        self.step = step
        self.moment = moment
        self.arrival = arrival
    }

    /// Without the arrival.
    var name: String { "relay-\(step.rawValue):\(moment.rawValue)" }
    var description: String { "\(name):\(arrival)" }

    /// Every step, before and after; those that come once in a turn of office the first time.
    static func all(_ random: inout SeededRandom) -> [RelayCrashPoint] {
        OutboxStep.allCases.flatMap { step in
            StepMoment.allCases.map { moment in
                switch step {
                case .fence, .readPositions: RelayCrashPoint(step, moment)
                case .begin, .produce, .position, .commit:
                    RelayCrashPoint(step, moment, Int.random(in: 1...2, using: &random))
                }
            }
        }
    }
}

extension Aggregator {
    /// Has died by itself at this place, and nowhere else.
    func hasDied(at point: RelayCrashPoint) async throws {
        // Its last lines may not have been read yet.
        try await process.wait(timeout: .seconds(10))
        let line = logged("crash point reached").first
        try #require(
            process.exitStatus == .signalled(SIGKILL) && line?["point"] == point.name
                && line?["arrival"] == "\(point.arrival)",
            "ended with \(String(describing: process.exitStatus)), and not at \(point): \(line?.fields ?? [:])")
    }
}
