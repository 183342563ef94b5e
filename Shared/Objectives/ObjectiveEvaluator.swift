/// The objectives of one service as a state machine: samples in, states and alerts out. No clock, no I/O.
///
/// It comes to the verdicts of the generated Prometheus rules, from the same seconds: a rule fires while the budget burns
/// faster than its rate over both of its windows.
public struct ObjectiveEvaluator: Sendable {
    /// What one sample added to an objective's counters.
    public struct Counted: Sendable, Equatable {
        public var objective: String
        public var seconds: BurnHistory.Seconds
    }

    fileprivate struct Entry {
        var status: ObjectiveStatus
        var history: BurnHistory
        /// The alert that was handed out and has not ended.
        var firing: Alert?
    }

    /// A sample that is late stands for the seconds since the last one up to this many; beyond it the process slept, and
    /// nobody knows what those seconds were.
    public static let longestStepSeconds: Int64 = 5

    private let file: ObjectiveFile
    private let instance: String
    private let runbookBase: String
    private var entries: [Entry]
    private var ended: [Alert] = []
    private var last: Int64?

    /// - Parameters:
    ///   - instance: The process, as alerts name it.
    ///   - runbookBase: What comes before `runbook.md#SECTION`.
    public init(_ file: ObjectiveFile, instance: String, runbookBase: String = "") {
        self.file = file
        self.instance = instance
        self.runbookBase = runbookBase
        entries = file.objectives.map { objective in
            Entry(
                status: ObjectiveStatus(objective),
                history: BurnHistory(windows: objective.policy == .burn ? BurnRule.windows : []))
        }
    }

    public var statuses: [ObjectiveStatus] { entries.map(\.status) }

    /// Takes what the indicators say now, once a second.
    /// - Parameters:
    ///   - readiness: What the service itself says stands in the way, for alerts of bad values that say no more.
    ///   - seconds: A monotonic clock's whole seconds.
    /// - Returns: What counts, and whether a state has changed.
    public mutating func sampled(
        _ indications: [String: Indication], readiness: String?, atMonotonicSeconds seconds: Int64,
        unixMilliseconds: Int64
    ) -> (counted: [Counted], hasChanged: Bool) {
        let step = last.map { seconds - $0 } ?? 1
        last = max(last ?? seconds, seconds)
        let counting = step > Self.longestStepSeconds ? 1 : max(0, step)
        var counted: [Counted] = []
        var hasChanged = false
        for index in entries.indices {
            let objective = entries[index].status.objective
            let indication = indications[objective.name] ?? Indication(nil)
            let value = indication.value.flatMap { $0.isNaN ? nil : $0 }
            let isBad = value.map { $0 > objective.atMost } ?? false
            let added = BurnHistory.Seconds(
                good: value != nil && !isBad ? counting : 0, bad: isBad ? counting : 0)
            counted.append(Counted(objective: objective.name, seconds: added))
            entries[index].status.value = value
            if isBad, let cause = indication.cause ?? readiness { entries[index].status.cause = cause }
            let severity = entries[index].severity(adding: added, isBad: isBad, atMonotonicSeconds: seconds)
            let state = ObjectiveStatus.State(severity)
            if state != entries[index].status.state {
                hasChanged = true
                entries[index].status.state = state
                entries[index].status.since = state == .ok ? nil : unixMilliseconds
            }
            // What was said of a value that was bad for a moment must not explain the next alert.
            if state == .ok && !isBad { entries[index].status.cause = nil }
        }
        updateAlerts(unixMilliseconds)
        return (counted, hasChanged)
    }

    /// All alerts that fire and those that have ended since the last call.
    public mutating func takeAlerts() -> [Alert] {
        defer { ended.removeAll() }
        return entries.compactMap(\.firing) + ended
    }

    // MARK: Alerts

    private mutating func updateAlerts(_ now: Int64) {
        let paging = entries.filter { $0.status.state == .page }.map(\.status.objective)
        let held = Set(paging.flatMap { $0.inhibits ?? [] })
        for index in entries.indices {
            let status = entries[index].status
            let severity = status.state.rawValue
            if let firing = entries[index].firing, firing.labels["severity"] != severity {
                var over = firing
                over.endsAt = now
                ended.append(over)
                entries[index].firing = nil
            }
            guard status.state != .ok else { continue }
            if let since = entries[index].firing?.startsAt {
                entries[index].firing = alert(status, since: since)
            } else if !held.contains(status.objective.alert) {
                // Held back only where it has not been heard of: one that fires already does not end by another's beginning.
                entries[index].firing = alert(status, since: status.since ?? now)
            }
        }
    }

    private func alert(_ status: ObjectiveStatus, since: Int64) -> Alert {
        let objective = status.objective
        var annotations = [
            "summary": objective.summary,
            "cause": status.cause ?? Self.unknownCause,
            "runbook_url": "\(runbookBase)runbook.md#\(objective.runbook)",
        ]
        if let value = status.value { annotations["value"] = "\(Self.text(value)) \(objective.unit)" }
        return Alert(
            labels: [
                "alertname": objective.alert, "severity": status.state.rawValue, "service": file.service,
                "objective": objective.name, "instance": instance,
            ],
            annotations: annotations, startsAt: since)
    }

    /// Said where the service knows of nothing that stands in its way.
    public static let unknownCause = "the service names no cause; sluice doctor looks further"

    /// At most one decimal, as the rules' templates write it.
    private static func text(_ value: Double) -> String {
        guard abs(value) < 1e15 else { return "\(value)" }
        let tenths = Int64((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }
}

extension ObjectiveEvaluator.Entry {
    /// What its rules say after these seconds.
    fileprivate mutating func severity(
        adding seconds: BurnHistory.Seconds, isBad: Bool, atMonotonicSeconds now: Int64
    ) -> BurnRule.Severity? {
        let objective = status.objective
        guard objective.policy == .burn else { return isBad ? objective.severity ?? .page : nil }
        history.add(seconds, atMonotonicSeconds: now)
        for window in BurnRule.windows {
            status.burn[window] = history.badRatio(inWindow: window) / (1 - objective.target)
        }
        return BurnRule.all.filter { rule in
            (status.burn[rule.shortSeconds] ?? 0) > rule.rate && (status.burn[rule.longSeconds] ?? 0) > rule.rate
        }.map(\.severity).max()
    }
}
