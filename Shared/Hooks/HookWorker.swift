import Cryptography
import HTTP
import Logging
import Objectives
import Runtime
import Synchronization

/// One receiver: its machine, and the thread that does what the machine says. Only that thread ever waits for the network.
final class HookWorker: Sendable {
    private let target: HookTarget
    private let sender: HookSender
    private let timing: HookTiming
    private let logger: Logger
    private let machine: Mutex<HookMachine>
    private let wakeUp = WakeUp()
    /// Of the monotonic clock; never, until the service ends.
    private let deadline = Atomic<Int64>(.max)

    init(_ target: HookTarget, _ configuration: HookConfiguration, logger: Logger) {
        self.target = target
        sender = HookSender(target, configuration)
        timing = configuration.timing
        self.logger = logger
        machine = Mutex(HookMachine(timing: configuration.timing) { HookWorker.makeID() })
    }

    var waiting: Int { machine.withLock { $0.waiting } }
    var droppedAlerts: Int { machine.withLock { $0.droppedAlerts } }

    static func makeID() -> String {
        "msg_" + SecureRandom.bytes(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    func evaluated(_ alerts: [Alert]) {
        machine.withLock {
            $0.evaluated(
                alerts, unix: StructuredLogHandler.unixMilliseconds(), now: HealthState.monotonicMilliseconds())
        }
        wakeUp.call()
    }

    /// Makes ``run(_:)`` try what waits once more and return, within the time for that.
    func stop() {
        let end = HealthState.monotonicMilliseconds() + timing.drainMilliseconds
        let isFirst = deadline.compareExchange(expected: .max, desired: end, ordering: .relaxed).exchanged
        guard isFirst else { return }
        machine.withLock { $0.stop() }
        wakeUp.call()
    }

    func run(_ metrics: HookMetrics) {
        while true {
            let now = HealthState.monotonicMilliseconds()
            switch machine.withLock({ $0.next(now: now) }) {
            case .finished: return
            case .wait(let until): wakeUp.wait(until: until)
            case .send(let message):
                let left = deadline.load(ordering: .relaxed)
                let outcome = sender.send(
                    message, unix: StructuredLogHandler.unixMilliseconds(),
                    timeoutMilliseconds: min(timing.timeoutMilliseconds, max(1, left == .max ? .max : left - now)),
                    isAbandoned: { [self] in
                        HealthState.monotonicMilliseconds() >= deadline.load(ordering: .relaxed)
                    })
                let event = machine.withLock {
                    $0.answered(
                        outcome, now: HealthState.monotonicMilliseconds(), jitter: Double.random(in: 0..<1))
                }
                report(event, metrics)
            }
        }
    }

    /// The host and never the path: it often is the secret that the receiver knows its senders by.
    private func report(_ event: HookEvent, _ metrics: HookMetrics) {
        func facts(_ message: HookMessage, _ more: Logger.Metadata) -> Logger.Metadata {
            let base: Logger.Metadata = [
                "host": "\(target.location.host)", "message": "\(message.id)",
                "status": message.isFiring ? "firing" : "resolved", "alerts": "\(message.alertCount)",
            ]
            return base.merging(more) { _, own in own }
        }
        switch event {
        case .delivered(let message, let attempts):
            metrics.delivered.increment()
            logger.info("hook delivered", metadata: facts(message, ["attempts": "\(attempts)"]))
        case .refused(let message, let reason):
            metrics.refused.increment()
            logger.error("hook refused", metadata: facts(message, ["reason": "\(reason)"]))
        case .willRetry(let message, let attempts, let reason, let delay):
            metrics.retries.increment()
            logger.warning(
                "hook failed and will be tried again",
                metadata: facts(message, ["attempts": "\(attempts)", "reason": "\(reason)", "in_ms": "\(delay)"]))
        case .gaveUp(let message, let attempts, let reason):
            metrics.givenUp.increment()
            logger.error(
                "hook given up", metadata: facts(message, ["attempts": "\(attempts)", "reason": "\(reason)"]))
        }
    }
}
