import Objectives
import Synchronization

/// The metrics of objectives, and the reasons why the service is not ready; Shared/Documentation and the services' READMEs say
/// what they mean.
final class ObjectiveMetrics: Sendable {
    private struct Shown {
        let seconds: CounterMetric
        let badSeconds: CounterMetric
        let burn: [Int64: GaugeMetric]
    }

    private struct Reason: Hashable {
        var name: String
        var reason: String
    }

    private let registry: OpenMetricsRegistry
    private let objectives: [String: Shown]
    private let values: Mutex<[String: Double]> = Mutex([:])
    private let reasons: Mutex<Set<Reason>> = Mutex([])
    private let causes: Mutex<Set<Reason>> = Mutex([])

    private static let reasonName = "sluice_not_ready_reason"
    private static let causeName = "sluice_objective_cause"

    init(_ registry: OpenMetricsRegistry, _ file: ObjectiveFile) {
        self.registry = registry
        var shown: [String: Shown] = [:]
        for objective in file.objectives {
            let labels = [("objective", objective.name)]
            var burn: [Int64: GaugeMetric] = [:]
            if objective.policy == .burn {
                for window in BurnRule.windows {
                    burn[window] = registry.gauge(
                        "sluice_objective_burn_rate", labels: labels + [("window", BurnRule.name(ofWindow: window))],
                        help: "How many times faster than allowed the budget of bad seconds is spent.")
                }
            }
            shown[objective.name] = Shown(
                seconds: registry.counter(
                    "sluice_objective_seconds", labels: labels, help: "Seconds that count for the objective."),
                badSeconds: registry.counter(
                    "sluice_objective_bad_seconds", labels: labels, help: "Seconds in which it was missed."),
                burn: burn)
            registry.gauge(
                "sluice_objective_threshold", labels: labels, help: "The largest value of a good second."
            ).set(objective.atMost)
            registry.gauge(
                "sluice_objective_target_ratio", labels: labels, help: "The share of seconds that must be good."
            ).set(objective.target)
        }
        objectives = shown
        for objective in file.objectives {
            registry.callbackGauge(
                "sluice_objective_value", labels: [("objective", objective.name)],
                help: "What the objective's indicator says now; no series where there is nothing to measure."
            ) { [weak self] in self?.values.withLock { $0[objective.name] } }
        }
    }

    func show(_ statuses: [ObjectiveStatus], _ counted: [ObjectiveEvaluator.Counted]) {
        for one in counted {
            guard let shown = objectives[one.objective] else { continue }
            shown.seconds.increment(by: one.seconds.all)
            shown.badSeconds.increment(by: one.seconds.bad)
        }
        var current: [String: Double] = [:]
        var said: Set<Reason> = []
        for status in statuses {
            current[status.objective.name] = status.value
            for (window, gauge) in objectives[status.objective.name]?.burn ?? [:] {
                gauge.set(status.burn[window] ?? 0)
            }
            if let cause = status.cause {
                said.insert(Reason(name: status.objective.name, reason: Self.shortened(cause)))
            }
        }
        // The cause before the value that is asked for it: a rule that speaks at once must find the words.
        causes.withLock { shown in
            replace(
                &shown, by: said, Self.causeName, "objective", "cause",
                help: "1: what the service says of an objective that it misses.")
        }
        values.withLock { $0 = current }
    }

    func show(reasons current: [HealthReport.Reason]) {
        let current = Set(current.map { Reason(name: $0.component, reason: Self.shortened($0.text)) })
        reasons.withLock { shown in
            replace(
                &shown, by: current, Self.reasonName, "component", "reason",
                help: "1 for each reason that readiness has at the moment.")
        }
    }

    private func replace(
        _ shown: inout Set<Reason>, by current: Set<Reason>, _ metric: String, _ name: String, _ text: String,
        help: String
    ) {
        func labels(_ reason: Reason) -> [(String, String)] { [(name, reason.name), (text, reason.reason)] }
        for gone in shown.subtracting(current) { registry.remove(metric, labels: labels(gone)) }
        for new in current.subtracting(shown) { registry.gauge(metric, labels: labels(new), help: help).set(Int64(1)) }
        shown = current
    }

    /// A reason in one line of at most 200 characters: it becomes a label, and reasons may quote a server's message.
    static func shortened(_ text: String) -> String {
        let line = String(
            String.UnicodeScalarView(text.unicodeScalars.map { JSONText.mustEscape($0) ? " " : $0 }))
        return line.count <= 200 ? line : line.prefix(199) + "…"
    }
}
