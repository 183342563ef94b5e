import Connectors
import Foundation
import Streams

/// Lets a relay die, or holds it, when it arrives at a step for the Nth time.
final class RelayProbe: OutboxProbe, @unchecked Sendable {
    enum Act { case die, hold }

    private let step: OutboxStep
    private let moment: StepMoment
    private let arrival: Int
    private let act: Act
    private let condition = NSCondition()
    // Guarded by the condition.
    private var arrivals = 0
    private var isReleased = false

    /// - Parameter arrival: from 1.
    init(_ act: Act, at step: OutboxStep, _ moment: StepMoment, arrival: Int = 1) {
        self.act = act
        self.step = step
        self.moment = moment
        self.arrival = arrival
    }

    /// Whether the relay has come to the place.
    var isReached: Bool { condition.withLock { arrivals >= arrival } }

    /// Lets the relay go on.
    func release() {
        condition.withLock {
            isReleased = true
            condition.broadcast()
        }
    }

    func reached(_ step: OutboxStep, _ moment: StepMoment) throws(OutboxAbandoned) {
        guard step == self.step, moment == self.moment else { return }
        let isHere = condition.withLock {
            arrivals += 1
            return arrivals == arrival
        }
        guard isHere else { return }
        switch act {
        case .die: throw OutboxAbandoned()
        case .hold: condition.withLock { while !isReleased { condition.wait() } }
        }
    }
}
