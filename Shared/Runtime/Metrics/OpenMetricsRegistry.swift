import Synchronization

/// All metrics of a process, and their text as OpenMetrics 1.0 has it.
///
/// Asking twice for the same name and labels gives the same metric. Names follow `<component>_<noun>_<unit>`; a
/// counter's `_total` may be written or left out. Nothing here throws or stops a service: a metric that cannot be
/// taken (the limit of series is reached, the name is in use with another type) still works for its caller, is not
/// exposed, and is counted in `sluice_metrics_refused_total` with the reason.
public final class OpenMetricsRegistry: Sendable {
    /// `Content-Type` of ``exposition()``.
    public static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    enum Series: Sendable {
        case counter(CounterMetric)
        case floatingCounter(FloatingCounterMetric)
        case gauge(GaugeMetric)
        case histogram(HistogramMetric)
        /// Read at each scrape; nil leaves the series out.
        case callback(@Sendable () -> Double?)
    }

    struct Family: Sendable {
        var kind: Kind
        var help: String
        var series: [MetricLabels: Series] = [:]
    }

    enum Refusal: String, CaseIterable, Sendable {
        case seriesLimit = "series_limit"
        case nameInUse = "name_in_use"
    }

    struct State: Sendable {
        var families: [String: Family] = [:]
        /// Every sample name in use, by the family that it belongs to: two families must never write the same one.
        var sampleNames: [String: String] = [:]
        var seriesCount = 0
    }

    let state = Mutex(State())
    private let maximumSeries: Int
    private let maximumSeriesPerFamily: Int
    private let refused: [Refusal: CounterMetric]

    /// - Parameters:
    ///   - maximumSeries: Series in all, a histogram counted as one.
    ///   - maximumSeriesPerFamily: Series of one name, so that one careless label cannot take all.
    public init(maximumSeries: Int = 10_000, maximumSeriesPerFamily: Int = 2_000) {
        self.maximumSeries = maximumSeries
        self.maximumSeriesPerFamily = maximumSeriesPerFamily
        refused = Dictionary(uniqueKeysWithValues: Refusal.allCases.map { ($0, CounterMetric()) })
        let help = "Metrics that were not exposed, by reason."
        for (reason, counter) in refused {
            _ = state.withLock {
                $0.add(
                    .counter(counter), kind: .counter, family: "sluice_metrics_refused",
                    labels: MetricLabels([("reason", reason.rawValue)]), help: help)
            }
        }
    }

    // MARK: Metrics

    /// A counter of whole things.
    public func counter(_ name: String, labels: [(String, String)] = [], help: String = "") -> CounterMetric {
        let series = register(name, .counter, labels, help) { .counter(CounterMetric()) }
        if case .counter(let metric) = series { return metric }
        return refuse(.nameInUse, CounterMetric())
    }

    /// A counter of fractions, such as seconds spent.
    public func floatingCounter(
        _ name: String, labels: [(String, String)] = [], help: String = ""
    ) -> FloatingCounterMetric {
        let series = register(name, .counter, labels, help) { .floatingCounter(FloatingCounterMetric()) }
        if case .floatingCounter(let metric) = series { return metric }
        return refuse(.nameInUse, FloatingCounterMetric())
    }

    /// A value that goes up and down.
    public func gauge(_ name: String, labels: [(String, String)] = [], help: String = "") -> GaugeMetric {
        let series = register(name, .gauge, labels, help) { .gauge(GaugeMetric()) }
        if case .gauge(let metric) = series { return metric }
        return refuse(.nameInUse, GaugeMetric())
    }

    /// A histogram. All series of a name share the bounds of the first one.
    public func histogram(
        _ name: String, labels: [(String, String)] = [], buckets: [Double] = HistogramMetric.secondsBuckets,
        help: String = ""
    ) -> HistogramMetric {
        let series = register(name, .histogram, labels, help) { .histogram(HistogramMetric(bounds: buckets)) }
        if case .histogram(let metric) = series { return metric }
        return refuse(.nameInUse, HistogramMetric(bounds: buckets))
    }

    /// A gauge whose value is asked for at each scrape. The closure must be quick and must not block; nil leaves the
    /// series out of that scrape. Registering the same name and labels again replaces the closure.
    public func callbackGauge(
        _ name: String, labels: [(String, String)] = [], help: String = "", _ value: @escaping @Sendable () -> Double?
    ) {
        registerCallback(name, .gauge, labels, help, value)
    }

    /// A counter whose value is kept elsewhere and asked for at each scrape.
    public func callbackCounter(
        _ name: String, labels: [(String, String)] = [], help: String = "", _ value: @escaping @Sendable () -> Double?
    ) {
        registerCallback(name, .counter, labels, help, value)
    }

    /// Takes one series out of the exposition, such as that of a revoked partition. Whoever holds the metric may go
    /// on using it. Asking for it again starts a new one at 0.
    public func remove(_ name: String, labels: [(String, String)] = []) {
        state.withLock { state in
            let base = MetricNames.metric(name)
            for family in [base, Self.familyName(base, .counter)] {
                let kind = state.families[family]?.kind
                let labels = MetricLabels(labels, reserved: kind == .histogram ? ["le"] : [])
                if state.families[family]?.series.removeValue(forKey: labels) != nil {
                    state.seriesCount -= 1
                    return
                }
            }
        }
    }

    // MARK: Inside

    private func register(
        _ name: String, _ kind: Kind, _ labels: [(String, String)], _ help: String, _ make: () -> Series
    ) -> Series {
        let family = Self.familyName(MetricNames.metric(name), kind)
        let labels = MetricLabels(labels, reserved: kind == .histogram ? ["le"] : [])
        return state.withLock { state in
            if let known = state.families[family], known.kind == kind, let series = known.series[labels] {
                return series
            }
            let series = make()
            if let refusal = refusal(family, kind, state) {
                refused[refusal]?.increment()
                return series
            }
            return state.add(series, kind: kind, family: family, labels: labels, help: help)
        }
    }

    private func registerCallback(
        _ name: String, _ kind: Kind, _ labels: [(String, String)], _ help: String,
        _ value: @escaping @Sendable () -> Double?
    ) {
        let family = Self.familyName(MetricNames.metric(name), kind)
        let labels = MetricLabels(labels)
        state.withLock { state in
            let isKnown = state.families[family]?.kind == kind && state.families[family]?.series[labels] != nil
            if !isKnown, let refusal = refusal(family, kind, state) {
                refused[refusal]?.increment()
                return
            }
            state.add(.callback(value), kind: kind, family: family, labels: labels, help: help)
        }
    }

    private func refusal(_ family: String, _ kind: Kind, _ state: State) -> Refusal? {
        if let known = state.families[family] {
            if known.kind != kind { return .nameInUse }
            if known.series.count >= maximumSeriesPerFamily { return .seriesLimit }
        } else if Self.sampleNames(family, kind).contains(where: { state.sampleNames[$0] != nil }) {
            return .nameInUse
        }
        return state.seriesCount >= maximumSeries ? .seriesLimit : nil
    }

    private func refuse<Metric>(_ reason: Refusal, _ metric: Metric) -> Metric {
        refused[reason]?.increment()
        return metric
    }

    /// The family of a counter has no `_total`: only its samples do.
    static func familyName(_ name: String, _ kind: Kind) -> String {
        guard kind == .counter else { return name }
        var family = name
        while family.hasSuffix("_total") { family.removeLast(6) }
        return family.isEmpty ? "_" : family
    }

    /// The names that a family may write or that the format keeps for it.
    static func sampleNames(_ family: String, _ kind: Kind) -> [String] {
        let suffixes =
            switch kind {
            case .counter: ["", "_total", "_created"]
            case .gauge: [""]
            case .histogram: ["", "_bucket", "_count", "_sum", "_created"]
            }
        return suffixes.map { family + $0 }
    }
}

extension OpenMetricsRegistry.State {
    /// Takes a series and gives back the one that is exposed.
    @discardableResult
    mutating func add(
        _ series: OpenMetricsRegistry.Series, kind: OpenMetricsRegistry.Kind, family: String, labels: MetricLabels,
        help: String
    ) -> OpenMetricsRegistry.Series {
        var known = families[family] ?? OpenMetricsRegistry.Family(kind: kind, help: help)
        if known.help.isEmpty { known.help = help }
        // All series of a histogram must have the same bounds, or no quantile can be taken over them.
        var series = series
        if case .histogram(let wanted) = series, case .histogram(let first)? = known.series.values.first,
            wanted.bounds != first.bounds
        {
            series = .histogram(HistogramMetric(bounds: first.bounds))
        }
        if known.series.updateValue(series, forKey: labels) == nil { seriesCount += 1 }
        families[family] = known
        for name in OpenMetricsRegistry.sampleNames(family, kind) { sampleNames[name] = family }
        return series
    }
}
