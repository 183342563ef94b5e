import Runtime
import Synchronization
import Testing

@Suite("Health")
struct HealthTests {
    /// A clock that the test moves.
    private final class Clock: Sendable {
        private let time = Atomic<Int64>(1_000)
        @Sendable func now() -> Int64 { time.load(ordering: .relaxed) }
        func advance(_ milliseconds: Int64) { time.wrappingAdd(milliseconds, ordering: .relaxed) }
    }

    private let clock = Clock()
    private let health: HealthState

    init() {
        let clock = clock
        health = HealthState(now: clock.now)
    }

    private func texts(_ report: HealthReport) -> [String] { report.reasons.map { "\($0.component): \($0.text)" } }

    @Test("startup tells what is still to do, and once over stays over")
    func startup() {
        #expect(texts(health.startup) == ["service: starting"])
        health.startupFinished("service")
        #expect(texts(health.startup) == ["service: starting"])
        health.startupPending("partition 3", "12 of 50 records read")
        #expect(texts(health.startup) == ["partition 3: 12 of 50 records read"])
        #expect(texts(health.readiness) == ["partition 3: 12 of 50 records read"])
        #expect(health.liveness.isOK)
        health.started()
        health.startupPending("partition 4", "late")
        #expect(health.startup.isOK && health.readiness.isOK)
    }

    // pitfall: operations-liveness
    @Test("readiness collects reasons by component and never touches liveness")
    func readiness() {
        health.started()
        health.notReady("postgres", "connection refused")
        health.notReady("kafka", "no broker")
        health.notReady("postgres", "still refused")
        #expect(texts(health.readiness) == ["kafka: no broker", "postgres: still refused"])
        clock.advance(10_000_000)
        #expect(health.liveness.isOK && health.startup.isOK)
        health.ready("kafka")
        health.ready("postgres")
        health.ready("never seen")
        #expect(health.readiness.isOK)
    }

    @Test("only a thread that stopped turning fails liveness")
    func liveness() {
        let worker = health.heartbeat("worker-0", limitMilliseconds: 5_000)
        let committer = health.heartbeat("committer-0", limitMilliseconds: 60_000)
        clock.advance(5_000)
        #expect(health.liveness.isOK)
        clock.advance(1)
        #expect(texts(health.liveness) == ["worker-0: no sign of life for 5001 ms, the limit is 5000 ms"])
        worker.beat()
        #expect(health.liveness.isOK)
        clock.advance(100_000)
        #expect(health.liveness.reasons.count == 2)
        health.finished(worker)
        committer.beat()
        #expect(health.liveness.isOK)
        // An old heartbeat's end does not take away the one that replaced it.
        let replaced = health.heartbeat("committer-0", limitMilliseconds: 10)
        health.finished(committer)
        clock.advance(11)
        #expect(!health.liveness.isOK)
        health.finished(replaced)
        #expect(health.liveness.isOK)
    }
}
