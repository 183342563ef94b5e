import Glibc
import Logging
import ServiceLifecycle
import Synchronization

/// Ends the process when the drain takes too long.
///
/// It runs as the last service of the group and so hears of the shutdown first; from then on a thread counts, whatever
/// the tasks do. The service group's own limits end in cancellation and then in a crash: this one ends in a line of log
/// and an exit code.
final class DrainGuard: Service, CustomStringConvertible {
    private enum State {
        case idle, counting, called(off: Void)
    }

    var description: String { "DrainGuard" }

    private let limit: Duration
    private let logger: Logger
    private let health: HealthState
    private let state = Mutex(State.idle)
    private let expired: @Sendable () -> Void

    /// - Parameter expired: What to do at the limit; ends the process in production.
    init(limit: Duration, logger: Logger, health: HealthState, expired: @escaping @Sendable () -> Void) {
        self.limit = limit
        self.logger = logger
        self.health = health
        self.expired = expired
    }

    func run() async throws {
        try? await gracefulShutdown()
        startCounting()
    }

    /// The drain is over in time.
    func callOff() { state.withLock { $0 = .called(off: ()) } }

    private func startCounting() {
        let isFirst = state.withLock { state in
            guard case .idle = state else { return false }
            state = .counting
            return true
        }
        guard isFirst else { return }
        health.notReady("service", "draining")
        logger.info("draining", metadata: ["limit_seconds": "\(limit.components.seconds)"])
        let deadline = ContinuousClock.now + limit
        do {
            _ = try DedicatedThread(name: "drain-guard", stackBytes: 256 << 10) { self.count(until: deadline) }
        } catch {
            logger.error("the drain has no limit", metadata: ["error": "\(error)"])
        }
    }

    /// Looks every 50 ms whether the drain is over: a thread of its own needs no wake-up from tasks that may be stuck.
    private func count(until deadline: ContinuousClock.Instant) {
        while ContinuousClock.now < deadline {
            if case .called = state.withLock({ $0 }) { return }
            usleep(50_000)
        }
        if case .called = state.withLock({ $0 }) { return }
        expired()
    }
}
