import Glibc
import Synchronization

/// What a service says to its supervisor.
///
/// - Startup: the warm-up is over. Once true it stays true.
/// - Readiness: it makes progress. Anything that keeps it from that is set with a reason and cleared by key: a database
///   that is down, a stopped partition, the drain.
/// - Liveness: its threads still turn. Only a heartbeat that stopped fails it: a process that waits for a database is
///   alive, and killing it would make matters worse.
public final class HealthState: Sendable {
    private struct State {
        var isStarted = false
        var pending: [String: String] = ["service": "starting"]
        var notReady: [String: String] = [:]
        var heartbeats: [String: Heartbeat] = [:]
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Int64

    /// - Parameter now: A monotonic clock in milliseconds.
    public init(now: @escaping @Sendable () -> Int64 = HealthState.monotonicMilliseconds) { self.now = now }

    /// The kernel's monotonic clock in milliseconds.
    @Sendable public static func monotonicMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    // MARK: Startup

    /// Says what a component still has to do before the service has started, such as `12,000 of 50,000 records read`.
    /// Without effect once the service has started.
    public func startupPending(_ component: String, _ reason: String) {
        state.withLock { if !$0.isStarted { $0.pending[component] = reason } }
    }

    /// A component is done with its warm-up.
    public func startupFinished(_ component: String) {
        state.withLock { _ = $0.pending.removeValue(forKey: component) }
    }

    /// The service has started, whatever was still pending. Stays so.
    public func started() {
        state.withLock {
            $0.isStarted = true
            $0.pending.removeAll()
        }
    }

    // MARK: Readiness

    /// A component does not make progress. A second reason for the same component replaces the first.
    public func notReady(_ component: String, _ reason: String) {
        state.withLock { $0.notReady[component] = reason }
    }

    /// A component makes progress again.
    public func ready(_ component: String) {
        state.withLock { _ = $0.notReady.removeValue(forKey: component) }
    }

    // MARK: Liveness

    /// Starts to watch a component. It fails liveness when it has not beaten for longer than the limit.
    /// The same name again replaces the heartbeat before.
    public func heartbeat(_ component: String, limitMilliseconds: Int64 = 30_000) -> Heartbeat {
        let heartbeat = Heartbeat(component: component, limitMilliseconds: limitMilliseconds, now: now)
        state.withLock { $0.heartbeats[component] = heartbeat }
        return heartbeat
    }

    /// Stops watching a component that ended as it should.
    public func finished(_ heartbeat: Heartbeat) {
        state.withLock {
            if $0.heartbeats[heartbeat.component] === heartbeat {
                $0.heartbeats.removeValue(forKey: heartbeat.component)
            }
        }
    }

    // MARK: Reports

    /// Fine once ``started()`` was called.
    public var startup: HealthReport {
        state.withLock { state in
            if state.isStarted { return HealthReport(reasons: []) }
            if state.pending.isEmpty {
                return HealthReport(reasons: [.init(component: "service", text: "starting")])
            }
            return Self.report(state.pending)
        }
    }

    /// Fine when started and nothing stands in the way.
    public var readiness: HealthReport {
        let startup = startup
        let notReady = state.withLock { Self.report($0.notReady) }
        return HealthReport(reasons: startup.reasons + notReady.reasons)
    }

    /// Fine when every component beats.
    public var liveness: HealthReport {
        let heartbeats = state.withLock { $0.heartbeats }
        var silent: [String: String] = [:]
        for (component, heartbeat) in heartbeats {
            let age = heartbeat.ageMilliseconds
            if age > heartbeat.limitMilliseconds {
                silent[component] = "no sign of life for \(age) ms, the limit is \(heartbeat.limitMilliseconds) ms"
            }
        }
        return Self.report(silent)
    }

    private static func report(_ reasons: [String: String]) -> HealthReport {
        HealthReport(reasons: reasons.sorted { $0.key < $1.key }.map { .init(component: $0.key, text: $0.value) })
    }
}
