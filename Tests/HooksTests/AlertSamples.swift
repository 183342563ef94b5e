import Objectives
import Synchronization

@testable import Hooks

extension Alert {
    /// An alert of a service, told apart by its name alone.
    static func sample(
        _ name: String, service: String = "spend-aggregator", startsAt: Int64 = 1_000, endsAt: Int64? = nil
    ) -> Alert {
        Alert(
            labels: ["alertname": name, "service": service, "severity": "page"],
            annotations: ["summary": "\(name) is wrong"], startsAt: startsAt, endsAt: endsAt)
    }

    func ended(at end: Int64 = 2_000) -> Alert {
        Alert(labels: labels, annotations: annotations, startsAt: startsAt, endsAt: end)
    }
}

/// A machine with a clock that is moved by hand.
final class ScriptedMachine {
    var machine: HookMachine
    var now: Int64 = 0

    init(_ change: (inout HookTiming) -> Void = { _ in }, limits: HookLimits = HookLimits()) {
        var timing = HookTiming()
        change(&timing)
        let count = IDCounter()
        machine = HookMachine(timing: timing, limits: limits) { "msg_\(count.next())" }
    }

    func evaluated(_ alerts: [Alert]) { machine.evaluated(alerts, unix: 10_000 + now, now: now) }
    func next() -> HookMachine.Step { machine.next(now: now) }

    /// The message that is sent now, if one is.
    func sent() -> HookMessage? { if case .send(let message) = next() { message } else { nil } }

    @discardableResult
    func answered(_ outcome: HookOutcome, jitter: Double = 1) -> HookEvent {
        machine.answered(outcome, now: now, jitter: jitter)
    }

    /// Moves the clock to when the machine wants to be asked again, and asks.
    func afterItsWait() -> HookMachine.Step {
        guard case .wait(let until?) = next() else { return .finished }
        now = until
        return next()
    }
}

final class IDCounter: Sendable {
    private let count = Atomic<Int>(0)
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
