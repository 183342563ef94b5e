import Synchronization

extension OpenMetricsRegistry {
    /// The text of all metrics (OpenMetrics 1.0, section "Text Format"), families and series in order of name.
    /// Callbacks run outside the lock, so one that registers a metric does no harm.
    public func exposition() -> String {
        let families = state.withLock { $0.families }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            if let unit = MetricNames.unit(of: name) { text += "# UNIT \(name) \(unit)\n" }
            if !family.help.isEmpty { text += "# HELP \(name) \(MetricNames.escaped(family.help))\n" }
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                Self.append(series, kind: family.kind, name: name, labels: labels.text, to: &text)
            }
        }
        text += "# EOF\n"
        return text
    }

    private static func append(_ series: Series, kind: Kind, name: String, labels: String, to text: inout String) {
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        let sample = kind == .counter ? name + "_total" : name
        switch series {
        case .counter(let metric):
            text += "\(sample)\(braces) \(metric.value)\n"
        case .floatingCounter(let metric):
            text += "\(sample)\(braces) \(MetricNames.number(metric.value))\n"
        case .gauge(let metric):
            text += "\(sample)\(braces) \(MetricNames.number(metric.value))\n"
        case .callback(let value):
            guard let value = value() else { return }
            // A counter may neither fall below 0 nor be undefined.
            if kind == .counter, !(value >= 0) { return }
            text += "\(sample)\(braces) \(MetricNames.number(value))\n"
        case .histogram(let metric):
            append(metric, name: name, labels: labels, to: &text)
        }
    }

    private static func append(_ metric: HistogramMetric, name: String, labels: String, to text: inout String) {
        let snapshot = metric.snapshot
        let comma = labels.isEmpty ? "" : ","
        var cumulative: UInt64 = 0
        for (index, count) in snapshot.counts.enumerated() {
            cumulative &+= count
            let bound = index < metric.bounds.count ? MetricNames.number(metric.bounds[index]) : "+Inf"
            text += "\(name)_bucket{\(labels)\(comma)le=\"\(bound)\"} \(cumulative)\n"
        }
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        text += "\(name)_count\(braces) \(cumulative)\n"
        // With a bound below 0 the sum may fall, which the format does not allow a histogram to show.
        if (metric.bounds.first ?? 0) >= 0, snapshot.sum >= 0 {
            text += "\(name)_sum\(braces) \(MetricNames.number(snapshot.sum))\n"
        }
    }
}
