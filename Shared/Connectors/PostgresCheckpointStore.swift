public import Postgres
public import Streams

/// Results and progress in one PostgreSQL transaction: the checkpoint store of every job.
///
/// Owns one connection, which it makes when it needs one and drops when it fails. Confined to one thread.
public final class PostgresCheckpointStore<Output: CheckpointOutput>: CheckpointStore {
    /// What identifies a job's progress rows and their owner.
    public struct Identity: Sendable {
        public var job: String
        public var topic: String
        /// Instance and process, for people who look at the progress table. No two processes ever have the same one:
        /// where the answer to a reclaim was lost, it tells that the epoch was raised by this process itself.
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
    private var isRegistered = false
    private let probe: (any StepProbe)?
    #if SLUICE_MUTANTS
        /// Guards that are left out, for tests.
        public var mutants = Mutants.ofProcess {
            didSet { statements.leaveOut(mutants) }
        }
    #endif

    /// - Parameter probe: a test's; told of the steps of a checkpoint's transaction. Where there is one, what was sent
    ///   before a step has left for the server when the probe is told.
    public init(
        _ configuration: PostgresConfiguration, names: DatabaseNames, identity: Identity, settings: StreamSettings,
        writer: any OutputWriter<Output>, probe: (any StepProbe)? = nil
    ) {
        self.configuration = configuration
        self.identity = identity
        self.writer = writer
        outOfOrdernessMilliseconds = settings.outOfOrdernessMilliseconds
        statements = CheckpointStatements(names)
        self.probe = probe
        #if SLUICE_MUTANTS
            statements.leaveOut(mutants)
        #endif
    }

    public func disconnect() {
        connection?.close()
        connection = nil
        // A failover may have lost it.
        isRegistered = false
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

    /// The same for claims. Where the rows stay locked, whoever holds them and is silent loses its session, so that
    /// the next try gets through: what it had not committed is rolled back, and it would be refused anyway.
    private func attemptClaim<R>(_ body: () throws(PostgresError) -> R) throws(StoreError) -> R {
        try attempt { () throws(PostgresError) -> R in
            do throws(PostgresError) {
                return try body()
            } catch {
                // lock_not_available: lock_timeout is over.
                if error.sqlState == "55P03", let connection, connection.isOpen {
                    _ = try connection.query(statements.endSilentOwners)
                }
                throw error
            }
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
        try attemptClaim { () throws(PostgresError) -> [Claim] in
            var numbers = Int4ArrayBuilder()
            for partition in partitions.sorted() { numbers.append(partition.rawValue) }
            try registerOutputs()
            let parameters: [PostgresParameter] = [
                .text(identity.job), .text(identity.topic), .text(identity.owner), numbers.parameter,
            ]
            #if SLUICE_MUTANTS
                if mutants.contains(.claimOrder) { return try claimsReadFirst(parameters) }
            #endif
            return try claims(connected().query(statements.claim, parameters))
        }
    }

    #if SLUICE_MUTANTS
        /// A claim that reads the progress before it raises the epoch: a commit of the old owner can come between.
        private func claimsReadFirst(_ parameters: [PostgresParameter]) throws(PostgresError) -> [Claim] {
            let connection = try connected()
            let read = try claims(connection.query(statements.readProgress, Array(parameters[..<2]) + [parameters[3]]))
            return try claims(connection.query(statements.claim, parameters)).map { claim in
                var claim = claim
                claim.progress = read.first { $0.partition == claim.partition }?.progress ?? PartitionProgress()
                return claim
            }
        }
    #endif

    /// Before anything is written: whoever claims says where its results will be.
    private func registerOutputs() throws(PostgresError) {
        guard !isRegistered else { return }
        var schemas = TextArrayBuilder()
        for schema in writer.schemas { schemas.append(schema) }
        _ = try connected().query(
            statements.registerOutputs,
            [.text(identity.job), .text(identity.topic), schemas.parameter, .text(writer.source)])
        isRegistered = true
    }

    public func reclaim(_ owned: [(partition: Partition, epoch: Epoch)]) throws(StoreError) -> [Claim] {
        try attemptClaim { () throws(PostgresError) -> [Claim] in
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
            claims.append(
                Claim(
                    partition: Partition(Int32(truncatingIfNeeded: try row.int64("partition"))),
                    epoch: Epoch(try row.int64("epoch")), progress: try PartitionProgress(row)))
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
        let answers: [PostgresRows]
        do throws(PostgresError) {
            let connection = try connected()
            rows.fill(cuts, outOfOrdernessMilliseconds: outOfOrdernessMilliseconds)
            answers = try connection.pipeline { (pipeline: inout PostgresPipeline) throws(PostgresError) in
                try send(cuts, to: &pipeline)
            }
            #if SLUICE_MUTANTS
                if mutants.contains(.deadLetterTransaction) { try writeDeadLettersAfterwards(cuts, on: connection) }
            #endif
        } catch {
            if error.isConnectionFailure { disconnect() }
            if error.code == .server, !error.isTransient, writer.canRecover(from: error) {
                throw StoreError(.transient, error.description)
            }
            throw classify(error)
        }
        probe?.reached(.commitAcknowledged, .before)
        writer.committed(answers)
    }

    /// The transaction of a checkpoint: the compare-and-set comes first, so that nothing is written for a stale owner.
    private func send(
        _ cuts: [PartitionCut<Output>], to pipeline: inout PostgresPipeline
    ) throws(PostgresError) {
        try pass(.begin, .before, &pipeline)
        try pipeline.add(statements.begin)
        try pass(.begin, .after, &pipeline)
        let key: [PostgresParameter] = [.text(identity.job), .text(identity.topic)]
        try pipeline.add(statements.lock, key + [rows.partitions.parameter])
        try pass(.progressUpdate, .before, &pipeline)
        try pipeline.add(statements.advance, key + [.text(identity.owner)] + rows.parameters)
        try pass(.progressUpdate, .after, &pipeline)
        #if SLUICE_MUTANTS
            if mutants.contains(.oneCut) {
                try pipeline.add(statements.commit)
                try pipeline.add(statements.begin)
            }
        #endif
        try pass(.write, .before, &pipeline)
        try writer.write(cuts, to: &pipeline)
        #if SLUICE_MUTANTS
            if !mutants.contains(.deadLetterTransaction) { try addDeadLetters(cuts, to: &pipeline) }
        #else
            try addDeadLetters(cuts, to: &pipeline)
        #endif
        try pass(.write, .after, &pipeline)
        try pass(.commitSent, .before, &pipeline)
        try pipeline.add(statements.commit)
        try pass(.commitSent, .after, &pipeline)
    }

    /// Tells the probe of a step, once what was added before it is on its way.
    private func pass(
        _ step: WorkerStep, _ moment: StepMoment, _ pipeline: inout PostgresPipeline
    ) throws(PostgresError) {
        guard let probe else { return }
        try pipeline.flush()
        probe.reached(step, moment)
    }

    #if SLUICE_MUTANTS
        private func writeDeadLettersAfterwards(
            _ cuts: [PartitionCut<Output>], on connection: PostgresConnection
        ) throws(PostgresError) {
            _ = try connection.pipeline { (pipeline: inout PostgresPipeline) throws(PostgresError) in
                try pipeline.add(statements.begin)
                try addDeadLetters(cuts, to: &pipeline)
                try pipeline.add(statements.commit)
            }
        }
    #endif

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
