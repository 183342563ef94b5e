public import Kafka
public import Postgres
public import Streams

/// Publishes an outbox table to a Kafka topic: each lane in the order of its sequence, each message once for a reader of
/// committed records, whatever is killed.
///
/// The messages of a transaction and the positions that their lanes have after it are committed together, so the
/// positions topic says exactly what is published. A relay that takes over fences its predecessor first and reads the
/// positions then: what the predecessor had under way is either visible in them or aborted for good. Any number of
/// processes may run one; an advisory lock of PostgreSQL elects the one that publishes, for peace, not for safety.
/// See Shared/Documentation/records/2026-11-25-outbox-relay.md.
public final class OutboxRelay: @unchecked Sendable {
    /// What a relay is made of; its thread's, from `run` on.
    struct Parts {
        let settings: Settings
        let kafka: KafkaClientConfiguration
        let postgres: PostgresConfiguration
        let names: DatabaseNames
        let lanes: OutboxLanes
        let table: any OutboxTable
        let probe: (any OutboxProbe)?
        #if SLUICE_MUTANTS
            var mutants = Mutants.ofProcess
        #endif
    }

    private var parts: Parts
    private let observer: any OutboxRelayObserver
    private let clock: any WorkerClock
    private let monitor = Monitor()
    // Guarded by the monitor.
    private var isStopRequested = false
    private var isWoken = false
    // The relay's thread only.
    private var backoffMilliseconds: Int64 = 0
    private var stopReason: OutboxStopReason?
    private var nextSample: Int64 = 0

    #if SLUICE_MUTANTS
        /// Guards that are left out, for tests. Set before `run`.
        public var mutants: Mutants {
            get { parts.mutants }
            set { parts.mutants = newValue }
        }
    #endif

    /// - Parameters:
    ///   - postgres: of the database that holds the table; the lock needs a session of its own, so a pooler that shares
    ///     sessions between transactions must not stand between.
    ///   - table: used on the thread of `run` only.
    ///   - clock: for the age of messages.
    ///   - probe: a test's; told of every step.
    public init(
        _ settings: Settings, kafka: KafkaClientConfiguration, postgres: PostgresConfiguration, names: DatabaseNames,
        table: any OutboxTable, observer: any OutboxRelayObserver, clock: any WorkerClock = SystemClock(),
        probe: (any OutboxProbe)? = nil
    ) {
        // A database that stands still is given up before a shutdown is.
        var limited = postgres
        let limit = limited.statementTimeoutMilliseconds
        limited.statementTimeoutMilliseconds = limit > 0 ? min(limit, 5_000) : 5_000
        limited.silenceTimeoutMilliseconds = limited.silenceTimeoutMilliseconds ?? 10_000
        parts = Parts(
            settings: settings, kafka: kafka, postgres: limited, names: names,
            lanes: OutboxLanes(names, output: settings.output), table: table, probe: probe)
        self.observer = observer
        self.clock = clock
    }

    // MARK: Any thread

    /// Ends `run` once the transaction that is under way is over, and what was written before is published; at most some
    /// seconds are spent on that, and none where it does not go without trouble.
    public func stop() {
        monitor.locked {
            isStopRequested = true
            monitor.wake()
        }
    }

    /// Says that messages were committed, so that they are not found only by the next poll. Cheap, and never waits.
    public func wake() {
        monitor.locked {
            guard !isWoken else { return }
            isWoken = true
            monitor.wake()
        }
    }

    private var isStopping: Bool { monitor.locked { isStopRequested } }

    /// Waits, unless stopped meanwhile, or woken where that counts.
    private func pause(milliseconds: Int64, untilWoken: Bool = false) {
        let deadline = Monitor.monotonicMilliseconds() + milliseconds
        monitor.locked {
            while !isStopRequested, !(untilWoken && isWoken), Monitor.monotonicMilliseconds() < deadline {
                monitor.wait(untilMonotonicMilliseconds: deadline)
            }
            // What is committed from here on is found by the round that follows, or wakes the next wait.
            if untilWoken { isWoken = false }
        }
    }

    // MARK: The relay's thread

    /// Stands for election, publishes while elected, and stands again, until `stop`. Blocks: for a thread of its own.
    public func run() {
        while !isStopping {
            do throws(PostgresError) {
                if let election = try OutboxElection(
                    parts.postgres, names: parts.names, output: parts.settings.output)
                {
                    observer.elected()
                    let goesOn = lead(election)
                    election.resign()
                    stopReason = nil
                    guard goesOn else { return }
                } else {
                    observer.standsBy()
                }
                pause(milliseconds: parts.settings.electionMilliseconds)
            } catch {
                observer.retried(.postgres(error))
                pause(milliseconds: nextBackoff())
            }
        }
    }

    /// One turn in office.
    /// - Returns: false where the relay died.
    private func lead(_ election: OutboxElection) -> Bool {
        let leader = OutboxLeader(parts, election) { [self] in isStopping }
        defer { leader.close() }
        nextSample = 0
        var isWell = true
        while !isStopping {
            do throws(OutboxFailure) {
                let batch = try leader.round()
                isWell = true
                backoffMilliseconds = 0
                if stopReason != nil {
                    stopReason = nil
                    observer.goesOn()
                }
                if let batch { tell(batch) }
                try sample(leader)
                if batch == nil { pause(milliseconds: parts.settings.pollMilliseconds, untilWoken: true) }
            } catch {
                isWell = false
                switch error {
                case .fenced(let cause):
                    observer.fenced(cause)
                    return true
                case .lockLost(let cause):
                    observer.lostElection(cause)
                    return true
                case .abandoned:
                    return false
                case .stop(let reason):
                    rest(reason, leader)
                case .kafka(let cause):
                    observer.retried(.kafka(cause))
                    sampleInTrouble(leader)
                    pause(milliseconds: nextBackoff())
                case .postgres(let cause):
                    observer.retried(.postgres(cause))
                    sampleInTrouble(leader)
                    pause(milliseconds: nextBackoff())
                }
            }
        }
        if isWell { publishRest(leader) }
        // The last positions of an orderly end; where they cannot be noted they are a moment older.
        try? leader.remember()
        return true
    }

    /// What was written before the stop is not left to the next relay, which may be long in coming. Trouble ends it, and
    /// so does a table that fills as fast as it is published.
    private func publishRest(_ leader: OutboxLeader) {
        let deadline = Monitor.monotonicMilliseconds() + Self.restMilliseconds
        while Monitor.monotonicMilliseconds() < deadline, let batch = try? leader.round() { tell(batch) }
    }
    private static let restMilliseconds: Int64 = 5_000

    /// Publishes nothing until somebody has decided; looks again before long.
    private func rest(_ reason: OutboxStopReason, _ leader: OutboxLeader) {
        if reason != stopReason {
            stopReason = reason
            observer.stopped(reason)
        }
        sampleInTrouble(leader)
        pause(milliseconds: parts.settings.sampleMilliseconds)
    }

    /// Messages that wait must show while nothing can be published: that is when they do.
    private func sampleInTrouble(_ leader: OutboxLeader) {
        let now = Monitor.monotonicMilliseconds()
        guard now >= nextSample else { return }
        nextSample = now + parts.settings.sampleMilliseconds
        observer.sampled(leader.lanes, isCurrent: false)
    }

    private func tell(_ batch: OutboxBatch) {
        observer.published(
            count: batch.records.count,
            oldestAgeMilliseconds: batch.oldestWriteMilliseconds.map { max(clock.unixMilliseconds() - $0, 0) })
    }

    private func sample(_ leader: OutboxLeader) throws(OutboxFailure) {
        let now = Monitor.monotonicMilliseconds()
        guard now >= nextSample else { return }
        nextSample = now + parts.settings.sampleMilliseconds
        observer.sampled(leader.lanes, isCurrent: true)
        try leader.remember()
    }

    private func nextBackoff() -> Int64 {
        let maximum = parts.settings.maximumBackoffMilliseconds
        backoffMilliseconds = min(max(backoffMilliseconds * 2, maximum / 20), maximum)
        return backoffMilliseconds
    }
}
