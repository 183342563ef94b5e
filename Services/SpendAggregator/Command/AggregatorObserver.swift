import Connectors
import Glibc
import Logging
import Runtime
import Streams
import Synchronization

/// Turns what the worker and the committer do into log lines, metrics and health. Nothing here is called once a
/// record.
final class AggregatorObserver: WorkerObserver, CommitterObserver, @unchecked Sendable {
    private let stream: StreamIdentity
    private var topic: String { stream.topic }
    private let logger: Logger
    private let health: HealthState
    private let heartbeat: Heartbeat
    private let metrics: AggregatorMetrics
    private let vitals: StreamVitals
    private let committed: @Sendable () -> Void
    private let sampled: @Sendable ([PartitionSnapshot], [Partition: Offset]) -> Void
    // The worker's thread only.
    private var hasStarted = false
    private var hasAssignment = false
    private var stopped: [Partition: StopReason] = [:]
    /// What the database refused last and has not taken since.
    private enum StoreTrouble { static let none = 0, claim = 1, commit = 2 }
    // The committer's thread sets it, the worker's clears it.
    private let storeTrouble = Atomic<Int>(StoreTrouble.none)

    /// - Parameters:
    ///   - committed: called on the worker's thread after each checkpoint that was committed.
    ///   - sampled: called there once a second.
    init(
        _ stream: StreamIdentity, _ context: ServiceContext, vitals: StreamVitals,
        committed: @escaping @Sendable () -> Void,
        sampled: @escaping @Sendable ([PartitionSnapshot], [Partition: Offset]) -> Void
    ) {
        self.stream = stream
        self.committed = committed
        self.sampled = sampled
        logger = context.logger
        health = context.health
        self.vitals = vitals
        metrics = AggregatorMetrics(context.registry, stream, vitals)
        vitals.began()
        // A revoke or a drain may wait for its commit for most of half a minute.
        heartbeat = context.health.heartbeat(stream.worker, limitMilliseconds: 60_000)
        health.startupPending(stream.assignment, "no partitions of \(stream.topic) were assigned yet")
        health.notReady(stream.assignment, "no partitions of \(stream.topic) were assigned yet")
    }

    func ended() {
        health.finished(heartbeat)
        vitals.ended()
    }

    // MARK: Worker

    func beat(monotonicMilliseconds: Int64) { heartbeat.beat() }

    func assigned(_ partitions: [Partition]) {
        heartbeat.beat()
        hasAssignment = true
        metrics.rebalances.increment()
        health.ready(stream.assignment)
        logger.info("partitions assigned", metadata: ["topic": "\(topic)", "partitions": "\(Self.list(partitions))"])
    }

    func revoked(_ partitions: [Partition], lost: Bool) {
        heartbeat.beat()
        metrics.rebalances.increment()
        for partition in partitions {
            if stopped.removeValue(forKey: partition) != nil { health.ready(component(partition)) }
            metrics.remove(partition)
        }
        logger.info(
            "partitions revoked",
            metadata: ["topic": "\(topic)", "partitions": "\(Self.list(partitions))", "lost": "\(lost)"])
    }

    private func component(_ partition: Partition) -> String { "\(topic)/\(partition)" }

    private static func list(_ partitions: [Partition]) -> String {
        partitions.sorted().map(\.description).joined(separator: ",")
    }

    func incident(_ incident: CoreIncident) {
        switch incident {
        case .seek(let partition, let offset):
            logger.debug("reading again", metadata: fields(partition, ["offset": "\(offset)"]))
        case .stopped(let partition, let reason):
            stopped[partition] = reason
            metrics.stopped(reason.code).increment()
            health.notReady(component(partition), reason.description)
            logger.error(
                "partition stopped",
                metadata: fields(partition, ["reason": "\(reason.code.rawValue)", "explanation": "\(reason.message)"]))
        case .gap(let partition, let from, let through):
            metrics.skippedOffsets.increment(by: through.rawValue - from.rawValue + 1)
            logger.notice(
                "offsets skipped by the log", metadata: fields(partition, ["from": "\(from)", "through": "\(through)"]))
        case .appeared(let partition, let offset):
            metrics.partitionsAppeared.increment()
            logger.notice(
                "partition seen for the first time",
                metadata: fields(
                    partition,
                    [
                        "offset": "\(offset)",
                        "explanation":
                            "the job's first start, or the topic has grown: repeats of events across its growth may count again",
                    ]))
        case .warmedUp(let partition, let ids):
            logger.info("remembered ids rebuilt", metadata: fields(partition, ["ids": "\(ids)"]))
        case .horizonIncomplete(let partition, let from, let through):
            metrics.horizonIncomplete.increment()
            logger.warning(
                "part of the deduplication horizon is not in the log any more",
                metadata: fields(
                    partition,
                    [
                        "from": "\(from)", "through": "\(through)",
                        "explanation":
                            "repeats of events in these offsets will be counted; keep the topic's retention above the horizon",
                    ]))
        case .anchorUnverifiable(let partition, let offset):
            metrics.anchorUnverifiable.increment()
            logger.warning(
                "the last applied record is not in the log any more",
                metadata: fields(
                    partition,
                    [
                        "offset": "\(offset)",
                        "explanation":
                            "offsets fit, but a topic that was created again could not be told from this one",
                    ]))
        case .fenced(let partition, let epoch):
            metrics.fencedCommits.increment()
            logger.error(
                "commit refused: the partition has another owner",
                metadata: fields(partition, ["epoch": "\(epoch)"]))
        }
    }

    private func fields(_ partition: Partition, _ more: Logger.Metadata) -> Logger.Metadata {
        var result = more
        result["topic"] = "\(topic)"
        result["partition"] = "\(partition)"
        return result
    }

    func checkpointEnded(milliseconds: Int64, committed: [CheckpointSummary], fenced: Int) {
        heartbeat.beat()
        vitals.checkpointEnded()
        metrics.commitSeconds.observe(Double(milliseconds) / 1_000)
        guard !committed.isEmpty || fenced > 0 else { return }
        if storeTrouble.exchange(StoreTrouble.none, ordering: .acquiringAndReleasing) != StoreTrouble.none {
            storeRecovered("commits go through again")
        }
        guard !committed.isEmpty else { return }
        self.committed()
        var records: Int64 = 0
        var rows = 0
        for cut in committed {
            records += cut.records
            rows += cut.rows
            metrics.observeFreshness(cut)
        }
        metrics.checkpoints.increment()
        metrics.committedRecords.increment(by: records)
        metrics.committedRows.increment(by: Int64(rows))
        logger.debug(
            "checkpoint committed",
            metadata: [
                "records": "\(records)", "rows": "\(rows)", "partitions": "\(committed.count)",
                "milliseconds": "\(milliseconds)",
            ])
    }

    func sample(_ snapshots: [PartitionSnapshot], knownEnds: [Partition: Offset], unixMilliseconds: Int64) {
        vitals.sampled(snapshots, knownEnds: knownEnds, unixMilliseconds: unixMilliseconds)
        metrics.sample(snapshots, knownEnds: knownEnds, unixMilliseconds: unixMilliseconds)
        sampled(snapshots, knownEnds)
        // The worker waits for its claims: where it samples they have gone through. On a quiet topic no commit would say so.
        let claim = storeTrouble.compareExchange(
            expected: StoreTrouble.claim, desired: StoreTrouble.none, ordering: .acquiringAndReleasing)
        if claim.exchanged { storeRecovered("claims go through again") }
        if !stopped.isEmpty {
            for snapshot in snapshots where snapshot.phase != .stopped {
                guard stopped.removeValue(forKey: snapshot.partition) != nil else { continue }
                health.ready(component(snapshot.partition))
                logger.info("partition goes on", metadata: fields(snapshot.partition, ["epoch": "\(snapshot.epoch)"]))
            }
        }
        guard !hasStarted, hasAssignment else { return }
        let warming = snapshots.filter { $0.phase == .warming }.count
        if warming == 0 {
            hasStarted = true
            health.startupFinished(stream.assignment)
            if stream.isEvents { health.started() }
            logger.info(
                stream.isEvents ? "started" : "side stream started",
                metadata: ["topic": "\(topic)", "partitions": "\(snapshots.count)"])
        } else {
            health.startupPending(
                stream.assignment, "\(warming) of \(snapshots.count) partitions rebuild remembered ids")
        }
    }

    func log(level: SourceLogLevel, message: String) {
        heartbeat.beat()
        let severity: Logger.Level =
            switch level {
            case .error: .error
            case .warning: .warning
            case .info: .info
            case .debug: .debug
            }
        logger.log(level: severity, "kafka", metadata: ["topic": "\(topic)", "explanation": "\(message)"])
    }

    // MARK: Committer

    func commitRetried(_ error: StoreError) {
        storeTrouble.store(StoreTrouble.commit, ordering: .releasing)
        storeFailed(
            "commit failed and is tried again", error,
            error.code == .outcomeUnknown
                ? "whether it was committed is not known; the partitions are claimed again, and their rows are the answer"
                : "nothing was written and nothing is lost; it is tried until the database takes it")
    }

    func claimRetried(_ error: StoreError) {
        // The worker's thread waits for the claim: the database's trouble is not a reason to end the process.
        heartbeat.beat()
        // One that looks for the outcome of a commit is the commit's trouble.
        _ = storeTrouble.compareExchange(
            expected: StoreTrouble.none, desired: StoreTrouble.claim, ordering: .acquiringAndReleasing)
        storeFailed(
            "claim failed and is tried again", error,
            "the partitions are not worked on before the database can be asked; nothing is lost")
    }

    private func storeFailed(_ event: Logger.Message, _ error: StoreError, _ explanation: String) {
        metrics.storeRetries.increment()
        vitals.storeRefused()
        health.notReady(stream.postgres, error.message)
        logger.warning(
            event, metadata: ["topic": "\(topic)", "error": "\(error.message)", "explanation": "\(explanation)"])
    }

    private func storeRecovered(_ event: Logger.Message) {
        vitals.storeAccepted()
        health.ready(stream.postgres)
        logger.info(event, metadata: ["topic": "\(topic)"])
    }
}
