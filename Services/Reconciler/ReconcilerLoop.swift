import Connectors
import Logging
import Postgres
import Reconciliation
import Runtime
import ServiceCommand
import Streams

/// The reconciler's round: follow the log, and once an hour of event time is over compare it. One thread, one connection.
final class ReconcilerLoop: @unchecked Sendable {
    private let configuration: ReconcilerConfiguration
    private let context: ServiceContext
    private var logger: Logger { context.logger }
    private let pause: Pause
    private let heartbeat: Heartbeat
    private let vitals: ReconcilerVitals
    private let clock = SystemClock()
    // The reconciler's thread only.
    private var metrics: ReconcilerMetrics
    private var session: ReconciliationSession?
    private var plan = ClosingPlan()
    private var trouble: String?
    private var knownRecords: Int64 = 0
    private var knownBeyondHorizon: Int64?

    /// How many hours are compared in one snapshot when catching up.
    private static let hoursAtOnce = 24

    init(_ configuration: ReconcilerConfiguration, _ context: ServiceContext, vitals: ReconcilerVitals, pause: Pause) {
        self.vitals = vitals
        self.configuration = configuration
        self.context = context
        self.pause = pause
        metrics = ReconcilerMetrics(context.registry, vitals)
        // A comparison of everything may take minutes between two portions of the log.
        heartbeat = context.health.heartbeat("reconciler", limitMilliseconds: 30 * 60_000)
        context.health.startupPending("recount", "the log has not been read up to the results yet")
    }

    /// Works until the pause is ended; what is wrong outside (Kafka, PostgreSQL, the log) is told and tried again.
    func run() throws {
        defer {
            context.health.finished(heartbeat)
            session?.close()
        }
        while !pause.isOver {
            heartbeat.beat()
            do {
                try round()
                recovered()
            } catch is Ended {
                break
            } catch let error as ReconciliationObstacle {
                obstructed(error.message)
                if error.isStateOutdated { try startAfresh() }
            } catch let error as RecountError where error.code == .damaged || error.code == .mismatch {
                obstructed(error.message)
                try startAfresh()
            } catch let error as RecountError where error.code == .locked || error.code == .usage {
                throw error
            } catch {
                obstructed("\(error)")
                session?.disconnect()
            }
            pause.wait(milliseconds: configuration.followMilliseconds)
        }
        if let session {
            try session.keep()
            logger.info("recount kept", metadata: ["folder": "\(configuration.stateFolder)"])
        }
    }

    /// The shutdown has begun; what is under way is given up where that loses nothing.
    private struct Ended: Error {}

    private func opened() -> ReconciliationSession {
        if let session { return session }
        var settings = ReconciliationSession.Settings(
            job: configuration.job, names: configuration.names, postgres: configuration.postgres,
            source: LogSource(kafka: configuration.kafka, archiveFolder: configuration.archiveFolder),
            recount: configuration.recount)
        settings.temporaryFolder = configuration.stateFolder
        settings.program = "reconciler \(ReconcilerCommand.version)"
        let fresh = ReconciliationSession(settings, place: .kept(in: configuration.stateFolder)) { [pause, heartbeat] in
            heartbeat.beat()
            if pause.isOver { throw Ended() }
        }
        session = fresh
        return fresh
    }

    private func store(_ session: ReconciliationSession) throws -> ReconciliationStore {
        ReconciliationStore(try session.connected(), names: configuration.names)
    }

    private func round() throws {
        let session = opened()
        let cut = try session.follow()
        count(session, cut)
        if !plan.isLoaded {
            plan.load(
                lastClosed: try store(session).lastHourClosed(job: configuration.job, topic: cut.topic),
                lastFull: try store(session).list(job: configuration.job, topic: cut.topic, kind: .full, limit: 1)
                    .first.flatMap { $0.verdict == "could_not_compare" ? nil : $0.finishedAtMilliseconds })
            context.health.startupFinished("recount")
            context.health.started()
        }
        plan.note(watermark: cut.watermark, touched: session.touchedHours, open: metrics.openHours)
        let now = clock.unixMilliseconds()
        tellWaiting()
        if plan.isFullDue(now, every: configuration.fullMilliseconds) { return try compareEverything(session) }
        let due = plan.dueHours(now)
        guard !due.isEmpty else { return }
        var rest = due[...]
        while !rest.isEmpty {
            try compare(session, Array(rest.prefix(Self.hoursAtOnce)))
            rest = rest.dropFirst(Self.hoursAtOnce)
        }
        session.forgetTouchedHours()
        try session.keep()
        tellWaiting()
    }

    private func compareEverything(_ session: ReconciliationSession) throws {
        let started = clock.unixMilliseconds()
        let outcome = try session.compareEverything()
        try finish(session, outcome.report, kind: .full, range: .everything, started)
        plan.comparedInFull(
            at: started, watermark: outcome.cut?.watermark, hasCompared: outcome.report.verdict != .couldNotCompare)
        session.forgetTouchedHours()
        try session.keep()
    }

    private func compare(_ session: ReconciliationSession, _ hours: [Int64]) throws {
        let started = clock.unixMilliseconds()
        let store = try store(session)
        let topic = session.topic ?? ""
        let outcomes = try session.compareHours(hours) { [job = configuration.job] hour in
            try store.closing(job: job, topic: topic, hour: hour)
        }
        for outcome in outcomes {
            let start = outcome.report.scope.fromMilliseconds ?? 0
            try finish(session, outcome.report, kind: .hour, range: .hour(start), started)
            plan.closed(start)
        }
    }

    private static func moment(_ milliseconds: Int64) -> String { CivilTime(milliseconds: milliseconds).iso }

    private func finish(
        _ session: ReconciliationSession, _ report: ReconciliationReport, kind: ReconciliationStore.Kind,
        range: ReconcilerMetrics.Range, _ started: Int64
    ) throws {
        try store(session).save(report, kind: kind)
        metrics.compared(range, kind.rawValue, report)
        metrics.seconds.observe(Double(clock.unixMilliseconds() - started) / 1_000)
        write(report, kind)
        var fields: Logger.Metadata = [
            "kind": "\(kind.rawValue)", "verdict": "\(report.verdict.rawValue)", "report": "\(report.id)",
            "records": "\(report.scope.records)", "differences": "\(report.differenceCount)",
            "cpu_ms": "\(report.cost.cpuMilliseconds)",
        ]
        if let from = report.scope.fromMilliseconds { fields["hour"] = "\(Self.moment(from))" }
        if let obstacle = report.obstacle { fields["explanation"] = "\(obstacle)" }
        switch report.verdict {
        case .match: logger.info("compared", metadata: fields)
        case .mismatch:
            let wrong = report.checks.filter { $0.status == .mismatch }.map { "\($0.name) \($0.differing)" }
            fields["checks"] = "\(wrong.joined(separator: ", "))"
            fields["explanation"] = "sluice reconcile explain \(report.id)-1 shows the largest difference"
            logger.error("figures are not what the log says", metadata: fields)
        case .couldNotCompare:
            logger.error("could not compare", metadata: fields)
            throw ReconciliationObstacle(report.obstacle ?? "could not compare")
        }
    }

    /// The database has the report; that a folder is full must not keep the next hour from being closed.
    private func write(_ report: ReconciliationReport, _ kind: ReconciliationStore.Kind) {
        guard let path = configuration.reportsFolder else { return }
        let now = clock.unixMilliseconds()
        let moment = Self.moment(report.scope.fromMilliseconds ?? now)
        let name = "\(kind.rawValue)-" + moment.map { $0 == ":" ? "-" : String($0) }.joined()
        do {
            try ReportFolder(path: path, retentionMilliseconds: configuration.reportsRetentionMilliseconds)
                .write(report, as: name, nowMilliseconds: now)
        } catch {
            metrics.reportsFailed.increment()
            logger.warning("report not written", metadata: ["folder": "\(path)", "error": "\(error)"])
        }
    }

    // MARK: What is told

    private func count(_ session: ReconciliationSession, _ cut: ResultCut) {
        metrics.records.increment(by: session.recordsRead - knownRecords)
        knownRecords = session.recordsRead
        let repeats = session.repeatsBeyondHorizon
        if let knownBeyondHorizon, repeats > knownBeyondHorizon {
            metrics.beyondHorizon.increment(by: repeats - knownBeyondHorizon)
        }
        knownBeyondHorizon = repeats
        let next = Dictionary(uniqueKeysWithValues: session.partitions.map { ($0.partition, $0.next) })
        metrics.lag.set(
            cut.partitions.reduce(Int64(0)) { $0 + max(0, ($1.nextOffset ?? 0) - (next[$1.partition] ?? 0)) })
    }

    private func tellWaiting() {
        if plan.isLoaded { vitals.waiting(since: plan.waitingSince) }
        if let last = plan.lastClosed { metrics.lastClosed.set(last / 1_000) }
    }

    private func obstructed(_ explanation: String) {
        metrics.obstructed.set(Int64(1))
        vitals.obstructed(true)
        tellWaiting()
        context.health.notReady("reconciliation", explanation)
        guard trouble != explanation else { return }
        trouble = explanation
        logger.warning(
            "reconciliation is held up and is tried again",
            metadata: ["explanation": "\(explanation)", "consequence": "spend goes on; it is not proven meanwhile"])
    }

    private func recovered() {
        metrics.obstructed.set(Int64(0))
        vitals.obstructed(false)
        context.health.ready("reconciliation")
        guard trouble != nil else { return }
        trouble = nil
        logger.info("reconciliation goes on")
    }

    private func startAfresh() throws {
        session?.close()
        session = nil
        knownRecords = 0
        knownBeyondHorizon = nil
        try ReconciliationSession.removeKept(in: configuration.stateFolder)
        logger.warning(
            "recount begins afresh",
            metadata: [
                "folder": "\(configuration.stateFolder)",
                "explanation":
                    "what was kept does not go with the results any more; the log is read from its beginning",
            ])
    }
}
