import CoreMetrics

/// The registry behind swift-metrics, so that libraries which know only that interface are exposed too. Labels such as
/// `kafka.lag` become `kafka_lag`; timers become histograms in seconds.
extension OpenMetricsRegistry: MetricsFactory {
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        CounterBridge(SeriesName(label, dimensions), counter(label, labels: dimensions))
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        FloatingCounterBridge(SeriesName(label, dimensions), floatingCounter(label, labels: dimensions))
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        MeterBridge(SeriesName(label, dimensions), gauge(label, labels: dimensions))
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let name = SeriesName(label, dimensions)
        guard aggregate else {
            let metric = gauge(label, labels: dimensions)
            return RecorderBridge(name) { metric.set($0) }
        }
        let metric = histogram(label, labels: dimensions, buckets: HistogramMetric.sizeBuckets)
        return RecorderBridge(name) { metric.observe($0) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = label.hasSuffix("seconds") ? label : label + "_seconds"
        return TimerBridge(SeriesName(name, dimensions), histogram(name, labels: dimensions))
    }

    public func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }

    private func destroy(_ handler: AnyObject) {
        guard let bridge = handler as? any Bridge else { return }
        remove(bridge.series.name, labels: bridge.series.dimensions)
    }
}

/// The name under which a handler's series can be removed.
private struct SeriesName: Sendable {
    let name: String
    let dimensions: [(String, String)]

    init(_ name: String, _ dimensions: [(String, String)]) {
        self.name = name
        self.dimensions = dimensions
    }
}

/// One of our metrics as swift-metrics sees it.
private protocol Bridge: AnyObject {
    var series: SeriesName { get }
}

private final class CounterBridge: Bridge, CounterHandler {
    let series: SeriesName
    private let metric: CounterMetric

    init(_ series: SeriesName, _ metric: CounterMetric) {
        self.series = series
        self.metric = metric
    }

    func increment(by amount: Int64) { metric.increment(by: amount) }
    func reset() { metric.reset() }
}

private final class FloatingCounterBridge: Bridge, FloatingPointCounterHandler {
    let series: SeriesName
    private let metric: FloatingCounterMetric

    init(_ series: SeriesName, _ metric: FloatingCounterMetric) {
        self.series = series
        self.metric = metric
    }

    func increment(by amount: Double) { metric.increment(by: amount) }
    func reset() { metric.reset() }
}

private final class MeterBridge: Bridge, MeterHandler {
    let series: SeriesName
    private let metric: GaugeMetric

    init(_ series: SeriesName, _ metric: GaugeMetric) {
        self.series = series
        self.metric = metric
    }

    func set(_ value: Int64) { metric.set(value) }
    func set(_ value: Double) { metric.set(value) }
    func increment(by amount: Double) { metric.add(amount) }
    func decrement(by amount: Double) { metric.add(-amount) }
}

/// A recorder is a gauge or a histogram, as its caller asked.
private final class RecorderBridge: Bridge, RecorderHandler {
    let series: SeriesName
    private let body: @Sendable (Double) -> Void

    init(_ series: SeriesName, _ body: @escaping @Sendable (Double) -> Void) {
        self.series = series
        self.body = body
    }

    func record(_ value: Int64) { body(Double(value)) }
    func record(_ value: Double) { body(value) }
}

private final class TimerBridge: Bridge, TimerHandler {
    let series: SeriesName
    private let metric: HistogramMetric

    init(_ series: SeriesName, _ metric: HistogramMetric) {
        self.series = series
        self.metric = metric
    }

    func recordNanoseconds(_ duration: Int64) { metric.observe(Double(duration) / 1e9) }
}
