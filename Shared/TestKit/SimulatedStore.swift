public import Streams

/// What goes wrong with one call of a store.
public enum StoreIncident: Equatable, Sendable {
    /// Nothing is applied; the call may be made again.
    case transient
    /// The connection is lost before the call took effect.
    case lostBefore
    /// The call takes effect, its answer is lost.
    case lostAfter
    /// The call will never succeed.
    case permanent
    /// Another owner claims the first partition just before the call.
    case claimedByAnother
}

/// A checkpoint store over a simulated database, with incidents as they are asked for.
public final class SimulatedStore<Tables: SimulatedTables>: CheckpointStore {
    public typealias Output = Tables.Output
    /// The calls that can fail.
    public enum Call: Equatable, Sendable { case claim, reclaim, commit }

    public let database: SimulatedDatabase<Tables>
    public let owner: String
    /// Asked before each call; nil: all goes well.
    public var incident: (Call) -> StoreIncident? = { _ in nil }
    /// The calls so far.
    public private(set) var calls: [Call] = []
    public private(set) var disconnections = 0

    public init(_ database: SimulatedDatabase<Tables>, owner: String) {
        self.database = database
        self.owner = owner
    }

    /// Lets the next calls of a kind meet these, one each.
    public func script(_ call: Call, _ incidents: StoreIncident?...) {
        let other = incident
        var rest = incidents
        incident = { asked in
            guard asked == call, !rest.isEmpty else { return other(asked) }
            return rest.removeFirst()
        }
    }

    public func claim(_ partitions: [Partition]) throws(StoreError) -> [Claim] {
        try call(.claim, partitions) { () throws(StoreError) in database.claim(partitions, owner: owner) }
    }

    public func reclaim(_ owned: [(partition: Partition, epoch: Epoch)]) throws(StoreError) -> [Claim] {
        try call(.reclaim, owned.map(\.partition)) { () throws(StoreError) in database.reclaim(owned, owner: owner) }
    }

    public func commit(_ checkpoint: Checkpoint<Output>) throws(StoreError) {
        try call(.commit, checkpoint.cuts.map(\.partition)) { () throws(StoreError) in
            let refused = database.commit(checkpoint, owner: owner)
            if !refused.isEmpty { throw StoreError(.fenced(refused), "refused: \(refused)") }
        }
    }

    public func disconnect() { disconnections += 1 }

    private func call<R>(
        _ call: Call, _ partitions: [Partition], _ body: () throws(StoreError) -> R
    ) throws(StoreError) -> R {
        calls.append(call)
        switch incident(call) {
        case nil: return try body()
        case .transient: throw StoreError(.transient, "serialization failure")
        case .permanent: throw StoreError(.permanent, "permission denied")
        case .lostBefore: throw StoreError(.outcomeUnknown, "the connection was lost")
        case .lostAfter:
            _ = try body()
            throw StoreError(.outcomeUnknown, "the connection was lost")
        case .claimedByAnother:
            if let first = partitions.first { _ = database.claim([first], owner: "another") }
            return try body()
        }
    }
}
