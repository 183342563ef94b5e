import Kafka
import Postgres
import Streams

/// One turn in office: the lock, the producer, the positions, and the connection to the table. Confined to the relay's
/// thread; released whole when the office is lost.
///
/// The positions in memory are exact as long as the producer lives: they were read after it had fenced its predecessors,
/// and nobody but it can write new ones. Whatever ends the producer ends them too.
final class OutboxLeader {
    private let relay: OutboxRelay.Parts
    private let election: OutboxElection
    private let isStopped: () -> Bool
    private var connection: PostgresConnection?
    private var topics: OutboxTopics?
    private var publisher: OutboxPublisher?
    private var positions: [Int32: OutboxPosition]? { didSet { if let positions { shown = positions } } }
    /// The last positions that were known, for those who look while none are.
    private var shown: [Int32: OutboxPosition] = [:]
    /// Whether the lanes' last messages were compared over the connection that there is.
    private var isCompared = false
    /// The heads of the last round.
    private var heads: [Int32: Int64] = [:]
    private var remembered: [Int32: Int64] = [:]
    private var firstLane = 0

    init(_ relay: OutboxRelay.Parts, _ election: OutboxElection, isStopped: @escaping () -> Bool) {
        self.relay = relay
        self.election = election
        self.isStopped = isStopped
    }

    /// Every lane, as of the last round.
    var lanes: [OutboxLaneState] {
        Set(heads.keys).union(shown.keys).sorted().map {
            OutboxLaneState(lane: $0, head: heads[$0] ?? 0, position: shown[$0]?.sequence ?? 0)
        }
    }

    /// Publishes what is there, one transaction at most.
    /// - Returns: the batch that was published; nil where there was nothing.
    func round() throws(OutboxFailure) -> OutboxBatch? {
        try confirmLock(unlessYoungerThan: relay.settings.sampleMilliseconds)
        do throws(OutboxFailure) {
            return try publishNext()
        } catch {
            switch error {
            case .kafka, .fenced, .abandoned: release()
            case .postgres(let cause) where cause.isConnectionFailure: disconnect()
            case .stop(.positionLost), .stop(.positionsMissing), .stop(.positionUnreadable): positions = nil
            case .postgres, .lockLost, .stop: break
            }
            throw error
        }
    }

    private func publishNext() throws(OutboxFailure) -> OutboxBatch? {
        let connection = try connected()
        if publisher == nil {
            try look(connection)
            try takeOver(connection)
        }
        if positions == nil { try readPositions(connection) }
        guard let publisher, let known = positions else { return nil }
        let relay = relay
        heads = try OutboxFailure.postgres { () throws(PostgresError) in try relay.table.heads(on: connection) }
        try compare(known)
        if !isCompared {
            try expectLastMessages(of: known, connection)
            isCompared = true
        }
        let batch = try gather(known, connection)
        guard !batch.isEmpty else { return nil }
        #if SLUICE_MUTANTS
            if relay.mutants.contains(.relayPosition) {
                try publisher.publishApart(batch)
            } else {
                try publisher.publish(batch)
            }
        #else
            try publisher.publish(batch)
        #endif
        positions = known.merging(batch.positions) { $1 }
        return batch
    }

    // MARK: Taking over

    /// What the database says of the lanes, so that messages show that wait while Kafka is away.
    private func look(_ connection: PostgresConnection) throws(OutboxFailure) {
        let relay = relay
        heads = try OutboxFailure.postgres { () throws(PostgresError) in try relay.table.heads(on: connection) }
        guard shown.isEmpty else { return }
        shown = try OutboxFailure.postgres { () throws(PostgresError) in
            try relay.lanes.rememberedPositions(on: connection)
        }.mapValues { OutboxPosition(sequence: $0) }
    }

    /// Fences whoever published before. The lock is confirmed first: a relay that has lost it would fence its successor.
    private func takeOver(_ connection: PostgresConnection) throws(OutboxFailure) {
        try confirmLock()
        let relay = relay
        let topics = try openedTopics()
        let fresh = try OutboxFailure.kafka { () throws(KafkaError) in
            let partitions = try topics.prepare()
            return try OutboxPublisher(relay.kafka, relay.settings, partitions: partitions, probe: relay.probe)
        }
        positions = nil
        #if SLUICE_MUTANTS
            if relay.mutants.contains(.relayFence) { try readPositions(connection) }
        #endif
        try fresh.fence(isStopped: isStopped)
        publisher = fresh
    }

    private func readPositions(_ connection: PostgresConnection) throws(OutboxFailure) {
        let topics = try openedTopics()
        try pass(.readPositions, .before)
        var read = try topics.positions()
        try pass(.readPositions, .after)
        let relay = relay
        remembered = try OutboxFailure.postgres { () throws(PostgresError) in
            try relay.lanes.rememberedPositions(on: connection)
        }
        if read.isEmpty, remembered.isEmpty {
            let hasRecords = try OutboxFailure.kafka { () throws(KafkaError) in try topics.hasRecords() }
            let settings = relay.settings
            if hasRecords {
                throw .stop(
                    .positionsMissing(
                        output: settings.output, topic: settings.topic, positionsTopic: settings.positionsTopic,
                        table: relay.lanes.positionTable))
            }
        }
        for (lane, known) in remembered.sorted(by: { $0.key < $1.key }) {
            let position = read[lane]?.sequence ?? 0
            if position < known {
                try expectAccepted(lane, position, known, connection)
                read[lane] = OutboxPosition(sequence: known)
            }
        }
        positions = read
        isCompared = false
        // Its connections are of no use until the next time.
        self.topics = nil
    }

    /// The positions topic has lost something: only an operator may say that the remembered position holds.
    private func expectAccepted(
        _ lane: Int32, _ position: Int64, _ known: Int64, _ connection: PostgresConnection
    ) throws(OutboxFailure) {
        guard try firstUnaccepted(position + 1...known, lane, connection) != nil else { return }
        throw .stop(
            .positionLost(
                output: relay.settings.output, lane: lane, position: position, remembered: known,
                topic: relay.settings.positionsTopic, skipTable: relay.lanes.skipTable,
                positionTable: relay.lanes.positionTable))
    }

    // MARK: A round

    private func compare(_ positions: [Int32: OutboxPosition]) throws(OutboxFailure) {
        for (lane, known) in positions.sorted(by: { $0.key < $1.key }) {
            let position = known.sequence
            let head = heads[lane] ?? 0
            if position > head {
                throw .stop(
                    .positionAhead(
                        output: relay.settings.output, lane: lane, position: position, head: head,
                        function: relay.lanes.skipFunction))
            }
        }
    }

    /// The message at a lane's position must be the one that was published, where it is still there. Asked once a
    /// connection: a failover ends it.
    private func expectLastMessages(
        of positions: [Int32: OutboxPosition], _ connection: PostgresConnection
    ) throws(OutboxFailure) {
        let relay = relay
        for (lane, position) in positions.sorted(by: { $0.key < $1.key }) {
            guard position.sequence > 0, let writtenAt = position.writtenAtMilliseconds else { continue }
            let rows = try OutboxFailure.postgres { () throws(PostgresError) in
                try relay.table.records(lane: lane, after: position.sequence - 1, maximum: 1, on: connection)
            }
            guard let row = rows.first, row.sequence == position.sequence, let found = row.writtenAtMilliseconds,
                found != writtenAt
            else { continue }
            throw .stop(
                .sequencesGivenAgain(
                    output: relay.settings.output, lane: lane, position: position.sequence,
                    writtenAtMilliseconds: writtenAt, foundMilliseconds: found))
        }
    }

    /// What comes next of the lanes that have something: of each its share, beginning with another lane each time.
    private func gather(
        _ positions: [Int32: OutboxPosition], _ connection: PostgresConnection
    ) throws(OutboxFailure) -> OutboxBatch {
        var batch = OutboxBatch()
        let waiting = heads.filter { $0.value > positions[$0.key]?.sequence ?? 0 }.keys.sorted()
        guard !waiting.isEmpty else { return batch }
        let limit = relay.settings.batchMessages
        let share = max(limit / waiting.count, 1)
        firstLane = (firstLane + 1) % waiting.count
        let relay = relay
        for lane in waiting[firstLane...] + waiting[..<firstLane] {
            let maximum = min(share, limit - batch.records.count)
            guard maximum > 0 else { break }
            let position = positions[lane]?.sequence ?? 0
            let rows = try OutboxFailure.postgres { () throws(PostgresError) in
                try relay.table.records(lane: lane, after: position, maximum: maximum, on: connection)
            }
            try batch.take(
                rows, output: relay.settings.output, lane: lane, after: position, head: heads[lane] ?? 0,
                mayBeMore: rows.count >= maximum, skipTable: relay.lanes.skipTable
            ) { (hole: ClosedRange<Int64>) throws(OutboxFailure) in
                try firstUnaccepted(hole, lane, connection)
            }
        }
        return batch
    }

    private func firstUnaccepted(
        _ range: ClosedRange<Int64>, _ lane: Int32, _ connection: PostgresConnection
    ) throws(OutboxFailure) -> Int64? {
        let lanes = relay.lanes
        return try OutboxFailure.postgres { () throws(PostgresError) in
            try lanes.firstUnaccepted(range, lane: lane, on: connection)
        }
    }

    /// Notes in the database how far the lanes are, where that has changed.
    func remember() throws(OutboxFailure) {
        guard let positions = positions?.mapValues(\.sequence), positions != remembered else { return }
        let connection = try connected()
        let lanes = relay.lanes
        do throws(PostgresError) {
            try lanes.remember(positions, on: connection)
            remembered = positions
        } catch {
            if error.isConnectionFailure { disconnect() }
            throw .postgres(error)
        }
    }

    // MARK: Connections

    private func confirmLock(unlessYoungerThan age: Int64 = 0) throws(OutboxFailure) {
        do throws(PostgresError) { try election.confirm(unlessYoungerThan: age) } catch { throw .lockLost(error) }
    }

    private func connected() throws(OutboxFailure) -> PostgresConnection {
        if let connection, connection.isOpen { return connection }
        disconnect()
        isCompared = false
        let configuration = relay.postgres
        let fresh = try OutboxFailure.postgres { () throws(PostgresError) in try PostgresConnection(configuration) }
        connection = fresh
        return fresh
    }

    private func openedTopics() throws(OutboxFailure) -> OutboxTopics {
        if let topics { return topics }
        let relay = relay
        let fresh = try OutboxFailure.kafka { () throws(KafkaError) in
            try OutboxTopics(relay.kafka, relay.settings)
        }
        topics = fresh
        return fresh
    }

    private func disconnect() {
        connection?.close()
        connection = nil
    }

    /// Lets go of Kafka. An open transaction is settled by the next producer, here or elsewhere.
    private func release() {
        publisher = nil
        positions = nil
        topics = nil
    }

    func close() {
        release()
        disconnect()
    }

    private func pass(_ step: OutboxStep, _ moment: StepMoment) throws(OutboxFailure) {
        guard let probe = relay.probe else { return }
        do throws(OutboxAbandoned) { try probe.reached(step, moment) } catch { throw .abandoned }
    }
}
