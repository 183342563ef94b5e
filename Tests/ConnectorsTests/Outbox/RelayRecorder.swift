import Connectors
import Kafka
import Postgres
import Synchronization

/// What a relay told.
final class RelayRecorder: OutboxRelayObserver {
    struct Told: Sendable {
        var elections = 0
        var standbys = 0
        var lost = 0
        var fenced = 0
        var transactions = 0
        var messages = 0
        var largest = 0
        var oldestAge: Int64?
        var troubles: [String] = []
        var stops: [OutboxStopReason] = []
        var resumptions = 0
        var lanes: [OutboxLaneState] = []
        var samples = 0
        /// Samples while nothing could be published.
        var samplesInTrouble = 0
    }

    private let state = Mutex(Told())
    var told: Told { state.withLock { $0 } }

    func elected() { state.withLock { $0.elections += 1 } }
    func standsBy() { state.withLock { $0.standbys += 1 } }
    func lostElection(_ error: PostgresError) { state.withLock { $0.lost += 1 } }
    func fenced(_ error: KafkaError) { state.withLock { $0.fenced += 1 } }
    func published(count: Int, oldestAgeMilliseconds: Int64?) {
        state.withLock {
            $0.transactions += 1
            $0.messages += count
            $0.largest = max($0.largest, count)
            $0.oldestAge = oldestAgeMilliseconds
        }
    }
    func retried(_ trouble: OutboxTrouble) { state.withLock { $0.troubles.append(trouble.description) } }
    func stopped(_ reason: OutboxStopReason) { state.withLock { $0.stops.append(reason) } }
    func goesOn() { state.withLock { $0.resumptions += 1 } }
    func sampled(_ lanes: [OutboxLaneState], isCurrent: Bool) {
        state.withLock {
            $0.lanes = lanes
            $0.samples += 1
            if !isCurrent { $0.samplesInTrouble += 1 }
        }
    }
}
