public import Postgres
public import Streams

#if SLUICE_MUTANTS
    /// Guards of exactly-once that a debug build can leave out, so that a test can show that it notices.
    public struct StoreMutants: OptionSet, Sendable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }
        /// A commit does not compare the epoch.
        public static let epochCondition = StoreMutants(rawValue: 1)
        /// A commit does not compare the offset.
        public static let expectedOffset = StoreMutants(rawValue: 2)
    }
#endif

/// Results and progress in one PostgreSQL transaction: the checkpoint store of every job.
///
/// Owns one connection, which it makes when it needs one and drops when it fails. Confined to one thread.
public final class PostgresCheckpointStore<Output: CheckpointOutput>: CheckpointStore {
    /// What identifies a job's progress rows and their owner.
    public struct Identity: Sendable {
        public var job: String
        public var topic: String
        /// Host, process and instance, for people who look at the progress table.
        public var owner: String
        public init(job: String, topic: String, owner: String) {
            self.job = job
            self.topic = topic
            self.owner = owner
        }
    }

    private let configuration: PostgresConfiguration
    private let identity: Identity
    private let outOfOrdernessMilliseconds: Int64
    private let writer: any OutputWriter<Output>
    private var statements: CheckpointStatements
    private var rows = ProgressRows()
    private var connection: PostgresConnection?

    public init(
        _ configuration: PostgresConfiguration, names: DatabaseNames, identity: Identity, settings: StreamSettings,
        writer: any OutputWriter<Output>
    ) {
        self.configuration = configuration
        self.identity = identity
        self.writer = writer
        outOfOrdernessMilliseconds = settings.outOfOrdernessMilliseconds
        statements = CheckpointStatements(names)
    }

    #if SLUICE_MUTANTS
        public func leaveOut(_ mutants: StoreMutants) { statements.leaveOut(mutants) }
    #endif

    public func disconnect() {
        connection?.close()
        connection = nil
    }

    private func connected() throws(PostgresError) -> PostgresConnection {
        if let connection, connection.isOpen { return connection }
        connection?.close()
        let fresh = try PostgresConnection(configuration)
        connection = fresh
        return fresh
    }

    /// Runs `body`; what it throws becomes a store error, and a lost connection is dropped.
    private func attempt<R>(_ body: () throws(PostgresError) -> R) throws(StoreError) -> R {
        do {
            return try body()
        } catch {
            if error.isConnectionFailure { disconnect() }
            throw classify(error)
        }
    }

    private func classify(_ error: PostgresError) -> StoreError {
        if error.sqlState == "SLU01" {
            let partitions = (error.detail ?? "").split { !$0.isNumber }.compactMap { Int32($0) }
            return StoreError(.fenced(partitions.map { Partition($0) }), error.description)
        }
        if error.isConnectionFailure { return StoreError(.outcomeUnknown, error.description) }
        return StoreError(error.isTransient ? .transient : .permanent, error.description)
    }

    // MARK: Claims

    public func claim(_ partitions: [Partition]) throws(StoreError) -> [Claim] {
        try attempt { () throws(PostgresError) -> [Claim] in
            var numbers = Int4ArrayBuilder()
            for partition in partitions.sorted() { numbers.append(partition.rawValue) }
            return try claims(
                connected().query(
                    statements.claim,
                    [.text(identity.job), .text(identity.topic), .text(identity.owner), numbers.parameter]))
        }
    }

    public func reclaim(_ owned: [(partition: Partition, epoch: Epoch)]) throws(StoreError) -> [Claim] {
        try attempt { () throws(PostgresError) -> [Claim] in
            var numbers = Int4ArrayBuilder()
            var epochs = Int8ArrayBuilder()
            for (partition, epoch) in owned.sorted(by: { $0.partition < $1.partition }) {
                numbers.append(partition.rawValue)
                epochs.append(epoch.rawValue)
            }
            return try claims(
                connected().query(
                    statements.reclaim,
                    [
                        .text(identity.job), .text(identity.topic), .text(identity.owner), numbers.parameter,
                        epochs.parameter,
                    ]))
        }
    }

    private func claims(_ rows: PostgresRows) throws(PostgresError) -> [Claim] {
        var claims: [Claim] = []
        for row in rows {
            var progress = PartitionProgress()
            progress.nextOffset = try row.optionalInt64("next_offset").map { Offset($0) }
            progress.streamTime =
                try row.optionalInt64("stream_time_ms").map { EventTime(rawValue: $0) } ?? .distantPast
            if let offset = try row.optionalInt64("anchor_offset") {
                progress.anchor = Anchor(
                    offset: Offset(offset), timestampMilliseconds: try row.int64("anchor_timestamp_ms"),
                    hash: UInt64(bitPattern: try row.int64("anchor_hash")))
            }
            let times = try row.int64Array("mark_stream_times_ms")
            for (index, offset) in try row.int64Array("mark_offsets").enumerated() where index < times.count {
                progress.marks.append(
                    HorizonMark(offset: Offset(offset), streamTime: EventTime(rawValue: times[index])))
            }
            progress.counters.records = try row.int64("records")
            progress.counters.duplicates = try row.int64("duplicates")
            progress.counters.late = try row.int64("late_events")
            progress.counters.invalid = try row.int64("invalid_events")
            progress.counters.deadLetters = try row.int64("dead_letters")
            progress.counters.skippedOffsets = try row.int64("skipped_offsets")
            claims.append(
                Claim(
                    partition: Partition(Int32(truncatingIfNeeded: try row.int64("partition"))),
                    epoch: Epoch(try row.int64("epoch")), progress: progress))
        }
        return claims
    }

    // MARK: Commits

    public func commit(_ checkpoint: Checkpoint<Output>) throws(StoreError) {
        let cuts = checkpoint.cuts
        // Partitions of tables are made before the transaction: nothing of it is in doubt when that fails.
        do {
            let connection = try connected()
            try writer.prepare(cuts, on: connection)
            if cuts.contains(where: { !$0.output.deadLetters.isEmpty }) {
                _ = try connection.query(statements.ensureDeadLetterPartition)
            }
        } catch {
            if error.isConnectionFailure { disconnect() }
            throw StoreError(error.isTransient ? .transient : .permanent, error.description)
        }
        do throws(PostgresError) {
            let connection = try connected()
            rows.fill(cuts, outOfOrdernessMilliseconds: outOfOrdernessMilliseconds)
            _ = try connection.pipeline { (pipeline: inout PostgresPipeline) throws(PostgresError) in
                try pipeline.add(statements.begin)
                let key: [PostgresParameter] = [.text(identity.job), .text(identity.topic)]
                try pipeline.add(statements.lock, key + [rows.partitions.parameter])
                try pipeline.add(statements.advance, key + [.text(identity.owner)] + rows.parameters)
                try writer.write(cuts, to: &pipeline)
                try addDeadLetters(cuts, to: &pipeline)
                try pipeline.add(statements.commit)
            }
        } catch {
            if error.isConnectionFailure { disconnect() }
            if error.code == .server, !error.isTransient, writer.canRecover(from: error) {
                throw StoreError(.transient, error.description)
            }
            throw classify(error)
        }
        writer.committed()
    }

    private func addDeadLetters(
        _ cuts: [PartitionCut<Output>], to pipeline: inout PostgresPipeline
    ) throws(PostgresError) {
        var letters = DeadLetterRows()
        for cut in cuts {
            for letter in cut.output.deadLetters {
                letters.append(letter, partition: cut.partition)
                if letters.byteCount > 4 << 20 {
                    try pipeline.add(
                        statements.deadLetters, [.text(identity.job), .text(identity.topic)] + letters.parameters)
                    letters.removeAll()
                }
            }
        }
        guard !letters.isEmpty else { return }
        try pipeline.add(statements.deadLetters, [.text(identity.job), .text(identity.topic)] + letters.parameters)
    }
}
