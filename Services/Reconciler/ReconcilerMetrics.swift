import Reconciliation
import Runtime

/// What the reconciler tells of itself. Names and meanings are in README.md.
struct ReconcilerMetrics {
    let records: CounterMetric
    let lag: GaugeMetric
    let lastClosed: GaugeMetric
    let obstructed: GaugeMetric
    let beyondHorizon: CounterMetric
    let seconds: HistogramMetric
    let reportsFailed: CounterMetric
    private let registry: OpenMetricsRegistry
    private let vitals: ReconcilerVitals
    /// What the last comparison of each range found to differ, by check.
    private var open: [Range: [String: Int64]] = [:]
    private var knownChecks: Set<String> = []

    /// A range of event time that is compared again and again.
    enum Range: Hashable {
        case hour(Int64)
        case everything
    }

    init(_ registry: OpenMetricsRegistry, _ vitals: ReconcilerVitals) {
        self.registry = registry
        self.vitals = vitals
        records = registry.counter(
            "sluice_reconciliation_records", help: "Records of the log that were counted again.")
        lag = registry.gauge(
            "sluice_reconciliation_lag_records", help: "Records that the results have and the recount has not yet.")
        lastClosed = registry.gauge(
            "sluice_reconciliation_last_closed_timestamp_seconds",
            help: "Unix time of the end of the last hour of event time that was compared.")
        registry.callbackGauge(
            "sluice_reconciliation_unclosed_seconds",
            help: "How long the oldest hour that is over has been waiting for its comparison; 0: none waits."
        ) { vitals.unclosedSeconds }
        obstructed = registry.gauge(
            "sluice_reconciliation_obstructed", help: "1 while it cannot be compared; the log says why.")
        beyondHorizon = registry.counter(
            "sluice_reconciliation_duplicates_beyond_horizon",
            help: "Events that came again after the deduplication had forgotten them, and count again by contract.")
        seconds = registry.histogram(
            "sluice_reconciliation_duration_seconds", buckets: [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1_000],
            help: "How long comparisons took, from the cut to the last row.")
        reportsFailed = registry.counter(
            "sluice_reconciliation_reports_failed", help: "Reports that could not be written to the folder of reports.")
    }

    /// A comparison is over: what it found stands until the same range is compared again.
    mutating func compared(_ range: Range, _ kind: String, _ report: ReconciliationReport) {
        registry.counter(
            "sluice_reconciliation_comparisons", labels: [("kind", kind), ("verdict", report.verdict.rawValue)],
            help: "Comparisons by what came of them."
        ).increment()
        guard report.verdict != .couldNotCompare else { return }
        // Everything includes every hour.
        if range == .everything { open = [:] }
        open[range] = Dictionary(
            report.checks.filter { $0.differing > 0 }.map { ($0.name, $0.differing) }, uniquingKeysWith: +)
        if open[range]?.isEmpty == true { open[range] = nil }
        knownChecks.formUnion(report.checks.map(\.name))
        var sums: [String: Int64] = [:]
        for check in knownChecks {
            sums[check] = open.values.reduce(0) { $0 + ($1[check] ?? 0) }
            registry.gauge(
                "sluice_reconciliation_differences", labels: [("check", check)],
                help: "Figures that are not what the log says, by check, until a comparison of the same hours agrees."
            ).set(sums[check] ?? 0)
        }
        vitals.compared(sums)
    }

    /// Hours whose last comparison found something, ascending: they are compared again.
    var openHours: [Int64] {
        open.keys.compactMap { if case .hour(let start) = $0 { start } else { nil } }.sorted()
    }
}
