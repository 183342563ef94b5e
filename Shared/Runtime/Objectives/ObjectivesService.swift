import Glibc
import Logging
public import Objectives
public import ServiceLifecycle
import Synchronization

/// Samples the indicators of a service once a second, from a task of its own: exports the counters that Prometheus' rules read,
/// answers `/objectives`, and hands alerts to a sink.
///
/// Put it behind the admin endpoint and before the workers in the service group: it then goes on while they drain.
public final class ObjectivesService: Service {
    private let file: ObjectiveFile
    private let context: ServiceContext
    private let indicators: Indicators
    private let sink: (any AlertSink)?
    private let metrics: ObjectiveMetrics
    private let monotonicMilliseconds: @Sendable () -> Int64
    private let unixMilliseconds: @Sendable () -> Int64
    private let state: Mutex<State>

    private struct State {
        var evaluator: ObjectiveEvaluator
        var samplesUntilAlerts = 0
    }

    /// After how many samples alerts are handed on where nothing has changed.
    private static let samplesPerHandOver = 5

    /// - Parameters:
    ///   - indicators: One for each objective of the file, and no other.
    ///   - instance: The process, as alerts name it: host and admin port.
    ///   - runbookBase: What comes before `runbook.md#SECTION` in alerts.
    ///   - sink: Told of alerts; nil: nobody is.
    /// - Throws: ``ObjectiveError`` where indicators and objectives do not go together.
    public init(
        _ file: ObjectiveFile, _ context: ServiceContext, indicators: Indicators, instance: String,
        runbookBase: String = "", sink: (any AlertSink)? = nil,
        monotonicMilliseconds: @escaping @Sendable () -> Int64 = HealthState.monotonicMilliseconds,
        unixMilliseconds: @escaping @Sendable () -> Int64 = ObjectivesService.unixMilliseconds
    ) throws(ObjectiveError) {
        let named = Set(file.objectives.map(\.name))
        if let missing = named.subtracting(indicators.closures.keys).min() {
            throw ObjectiveError("objective '\(missing)' of \(file.service) has no indicator")
        }
        if let odd = Set(indicators.closures.keys).subtracting(named).min() {
            throw ObjectiveError("indicator '\(odd)' of \(file.service) belongs to no objective")
        }
        self.file = file
        self.context = context
        self.indicators = indicators
        self.sink = sink
        self.monotonicMilliseconds = monotonicMilliseconds
        self.unixMilliseconds = unixMilliseconds
        metrics = ObjectiveMetrics(context.registry, file)
        state = Mutex(
            State(evaluator: ObjectiveEvaluator(file, instance: instance, runbookBase: runbookBase)))
    }

    /// The system's clock in Unix milliseconds.
    @Sendable public static func unixMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Samples until the group shuts down. The alerts that fire then are not ended: what they are about has not.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            let clock = ContinuousClock()
            var next = clock.now
            while !Task.isCancelled {
                sample()
                next = max(next.advanced(by: .seconds(1)), clock.now)
                try? await Task.sleep(until: next, clock: clock)
            }
        }
    }

    /// Takes one sample. Called once a second.
    func sample() {
        let reasons = context.health.readiness.reasons
        metrics.show(reasons: reasons)
        let readiness = Self.text(reasons)
        var indications: [String: Indication] = [:]
        for (name, indication) in indicators.closures { indications[name] = indication() }
        let seconds = monotonicMilliseconds() / 1_000
        let now = unixMilliseconds()
        let (alerts, changes) = state.withLock { state -> ([Alert]?, [ObjectiveStatus]) in
            let before = state.evaluator.statuses
            let (counted, hasChanged) = state.evaluator.sampled(
                indications, readiness: readiness, atMonotonicSeconds: seconds, unixMilliseconds: now)
            metrics.show(state.evaluator.statuses, counted)
            let changes = zip(before, state.evaluator.statuses).filter { $0.state != $1.state }.map(\.1)
            state.samplesUntilAlerts -= 1
            guard hasChanged || state.samplesUntilAlerts <= 0 else { return (nil, changes) }
            state.samplesUntilAlerts = Self.samplesPerHandOver
            return (state.evaluator.takeAlerts(), changes)
        }
        for status in changes { log(status) }
        if let alerts { sink?.evaluated(alerts) }
    }

    private func log(_ status: ObjectiveStatus) {
        let objective = status.objective
        var metadata: Logger.Metadata = [
            "objective": "\(objective.name)", "state": "\(status.state.rawValue)", "alert": "\(objective.alert)",
            "at_most": "\(objective.atMost)", "unit": "\(objective.unit)",
        ]
        if let value = status.value { metadata["value"] = "\(value)" }
        if let cause = status.cause { metadata["cause"] = "\(cause)" }
        if status.state == .ok {
            context.logger.info("objective is kept again", metadata: metadata)
        } else {
            context.logger.warning("objective is missed", metadata: metadata)
        }
    }

    /// The reasons in one line.
    private static func text(_ reasons: [HealthReport.Reason]) -> String? {
        reasons.isEmpty
            ? nil : reasons.map { "\($0.component): \(ObjectiveMetrics.shortened($0.text))" }.joined(separator: "; ")
    }

    // MARK: Served

    /// What `/objectives` answers: an array, in the order of the file.
    public var json: String {
        let statuses = state.withLock { $0.evaluator.statuses }
        var json = JSONText()
        json.beginArray()
        for status in statuses {
            let objective = status.objective
            json.beginObject()
            json.field("name", objective.name)
            json.field("title", objective.title)
            json.field("unit", objective.unit)
            if let value = status.value {
                json.key("value")
                json.value(value)
            }
            json.key("atMost")
            json.value(objective.atMost)
            json.key("target")
            json.value(objective.target)
            json.field("window", "\(file.windowDays)d")
            json.field("policy", objective.policy.rawValue)
            json.key("burn")
            json.beginObject()
            for (window, burn) in status.burn.sorted(by: { $0.key < $1.key }) {
                json.key(BurnRule.name(ofWindow: window))
                json.value(burn)
            }
            json.endObject()
            json.field("state", status.state.rawValue)
            if let since = status.since {
                json.key("since")
                json.value(since)
            }
            if let cause = status.cause { json.field("cause", cause) }
            json.endObject()
        }
        json.endArray()
        return json.string
    }
}
