public import Kafka
public import Postgres

/// How far a lane is.
public struct OutboxLaneState: Equatable, Sendable {
    public var lane: Int32
    /// The last sequence that was given.
    public var head: Int64
    /// The last sequence that is published.
    public var position: Int64

    public init(lane: Int32, head: Int64, position: Int64) {
        self.lane = lane
        self.head = head
        self.position = position
    }

    /// How many sequences wait.
    public var lag: Int64 { max(head - position, 0) }
}

/// What stood in a relay's way and may pass.
public enum OutboxTrouble: Error, Sendable, CustomStringConvertible {
    case postgres(PostgresError)
    case kafka(KafkaError)

    public var description: String {
        switch self {
        case .postgres(let error): "PostgreSQL \(error)"
        case .kafka(let error): error.description
        }
    }
}

/// What a relay tells of itself. Called on the relay's thread, at most once a transaction.
public protocol OutboxRelayObserver: AnyObject, Sendable {
    /// This relay publishes from now on; whoever did before is fenced next.
    func elected()
    /// Another relay has the office: this one could ask and was told so. Said again with each election.
    func standsBy()
    /// The session with the lock is gone: another relay may be elected. A stop, where there was one, is that one's now.
    func lostElection(_ error: PostgresError)
    /// Another producer took over the transactional id. The lock is given back. A stop is over as well.
    func fenced(_ error: KafkaError)
    /// A transaction was committed.
    /// - Parameters:
    ///   - count: how many messages it had; 0 where it passed accepted skips only.
    ///   - oldestAgeMilliseconds: from the writing of its oldest message to now, where the table says when that was.
    func published(count: Int, oldestAgeMilliseconds: Int64?)
    /// Something failed and is tried again.
    func retried(_ trouble: OutboxTrouble)
    /// Nothing is published any more until somebody has decided. Said once for each reason.
    func stopped(_ reason: OutboxStopReason)
    /// The reason to stop is gone.
    func goesOn()
    /// Every lane as it is known, about once a second while this relay is the elected one.
    /// - Parameter isCurrent: false where the round before has failed or the relay is stopped.
    func sampled(_ lanes: [OutboxLaneState], isCurrent: Bool)
}
