import Streams

/// The coordinator of a consumer group: static members, sessions, eager rebalances with range assignment.
///
/// Heartbeats are not sent one by one. A member is heard for as long as nothing silences it; its session expires a
/// timeout after it fell silent.
final class GroupCoordinator {
    private struct Member {
        var instance: String
        var client: SimulatedConsumer
        var hasJoined = false
        var assignment: [Int] = []
        /// Tells an expiry from the silences before.
        var silence = 0
    }

    let time: VirtualTime
    private let sessionMilliseconds: Int64
    private let heartbeatMilliseconds: Int64
    private let faults: FaultField
    private var random: SeededGenerator
    /// In the order of their instance ids.
    private var members: [Member] = []
    private var silences = 0
    private(set) var generation = 0
    private var isPreparing = false
    private var preparation = 0
    private(set) var partitionCount = 0

    init(_ time: VirtualTime, _ faults: FaultField, session: Int64, heartbeat: Int64, seed: UInt64) {
        self.time = time
        self.faults = faults
        sessionMilliseconds = session
        heartbeatMilliseconds = heartbeat
        random = SeededGenerator(seed: seed)
    }

    private func place(_ client: SimulatedConsumer) -> Int? { members.firstIndex { $0.client === client } }
    private func place(_ instance: String) -> Int? { members.firstIndex { $0.instance == instance } }

    var instances: [String] { members.map(\.instance) }

    func setPartitionCount(_ count: Int) {
        guard count != partitionCount else { return }
        partitionCount = count
        if !members.isEmpty { rebalance() }
    }

    /// Forgets its members, which know it.
    func disband() { members = [] }

    // MARK: What members do

    /// A client joins, for the first time or because a rebalance asks it to.
    func join(_ client: SimulatedConsumer) {
        if let place = place(client.instance) {
            heard(place)
            if members[place].client !== client { members[place].client.fenced() }
            members[place].client = client
            members[place].hasJoined = true
            if isPreparing {
                completeIfAllJoined()
            } else {
                // A static member that was started again gets back what it had, without a rebalance.
                tell(client, members[place].assignment)
            }
            return
        }
        members.append(Member(instance: client.instance, client: client, hasJoined: true))
        members.sort { $0.instance < $1.instance }
        rebalance()
        completeIfAllJoined()
    }

    /// The client's heartbeats do not arrive any more. It hears of an expiry once they do again.
    ///
    /// - Parameter kind: counted where the session expires.
    func silenced(_ client: SimulatedConsumer, counting kind: FaultKind? = nil) {
        guard let place = place(client) else { return }
        silences += 1
        members[place].silence = silences
        let silence = silences
        time.after(sessionMilliseconds) { [self] in
            guard let place = members.firstIndex(where: { $0.silence == silence }) else { return }
            if let kind { faults.occurred(kind) }
            remove(place)
        }
    }

    /// They arrive again. False where the group does not know the client any more.
    func heardAgain(_ client: SimulatedConsumer) -> Bool {
        guard let place = place(client) else { return false }
        heard(place)
        return true
    }

    private func heard(_ place: Int) { members[place].silence = 0 }

    /// A member is taken out: its session has expired, or an operator removed it.
    func remove(instance: String) {
        if let place = place(instance) { remove(place) }
    }

    private func remove(_ place: Int) {
        members.remove(at: place)
        rebalance()
        completeIfAllJoined()
    }

    // MARK: Rebalances

    /// All members give up what they have and join again.
    func rebalance() {
        generation += 1
        isPreparing = true
        preparation += 1
        let current = preparation
        for place in members.indices {
            members[place].assignment = []
            let client = members[place].client
            members[place].hasJoined = client.isWaitingForAssignment
            if members[place].hasJoined { continue }
            var delay = Int64.random(in: 0...heartbeatMilliseconds, using: &random)
            if faults.strikes(.revokeLate) { delay += Int64.random(in: 500...sessionMilliseconds, using: &random) }
            time.after(delay) { client.askedToRejoin() }
        }
        // Who does not come back in time is left out.
        time.after(60_000) { [self] in
            guard isPreparing, preparation == current else { return }
            for place in members.indices.reversed() where !members[place].hasJoined {
                let client = members[place].client
                members.remove(at: place)
                client.unknown()
            }
            completeIfAllJoined()
        }
    }

    private func completeIfAllJoined() {
        guard isPreparing, members.allSatisfy(\.hasJoined), !members.isEmpty else { return }
        isPreparing = false
        // Range: partitions in order, the first members get one more where they do not divide.
        let each = partitionCount / members.count
        let more = partitionCount % members.count
        var next = 0
        for place in members.indices {
            let count = each + (place < more ? 1 : 0)
            members[place].assignment = Array(next..<(next + count))
            next += count
            tell(members[place].client, members[place].assignment)
        }
    }

    private func tell(_ client: SimulatedConsumer, _ partitions: [Int]) {
        let current = generation
        time.after(Int64.random(in: 1...20, using: &random)) { [self] in
            if generation == current && !isPreparing && place(client) != nil { client.assigned(partitions) }
        }
    }

    /// Who has each partition, for messages.
    var description: String {
        members.map { "\($0.instance)\($0.hasJoined ? "" : " (not joined)"): \($0.assignment)" }
            .joined(separator: ", ")
    }
}
