import Objectives
import Runtime
import Synchronization

/// How the reconciler does, for its objectives: written by its thread, read by any, so that an hour goes on waiting while that
/// thread is busy or hangs.
final class ReconcilerVitals: Sendable {
    private struct State {
        /// Unix milliseconds at which the oldest hour that waits was over.
        var waitingSince: Int64?
        var isLoaded = false
        var obstacle: Bool?
        /// What differs, by check.
        var differences: [String: Int64]?
    }

    private let state = Mutex(State())

    /// - Parameter since: Nil where no hour waits.
    func waiting(since: Int64?) {
        state.withLock {
            $0.waitingSince = since
            $0.isLoaded = true
        }
    }

    func obstructed(_ flag: Bool) { state.withLock { $0.obstacle = flag } }

    func compared(_ differences: [String: Int64]) { state.withLock { $0.differences = differences } }

    var unclosedSeconds: Double? {
        let now = ObjectivesService.unixMilliseconds()
        return state.withLock { state in
            guard state.isLoaded else { return nil }
            return state.waitingSince.map { Double(max(0, now - $0)) / 1_000 } ?? 0
        }
    }

    var indicators: Indicators {
        var indicators = Indicators()
        indicators.set("freshness", value: { self.unclosedSeconds })
        indicators.set("availability", value: { self.state.withLock { $0.obstacle.map { $0 ? 1 : 0 } } })
        indicators.set("correctness") { self.correctness }
        return indicators
    }

    private var correctness: Indication {
        guard let differences = state.withLock({ $0.differences }) else { return Indication(nil) }
        let wrong = differences.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        return Indication(
            Double(wrong.reduce(0) { $0 + $1.value }),
            cause: wrong.isEmpty
                ? nil
                : wrong.map { "\($0.value) of \($0.key)" }.joined(separator: ", ")
                    + ": sluice reconcile list and explain show them")
    }
}
