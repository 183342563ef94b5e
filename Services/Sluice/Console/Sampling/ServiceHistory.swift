/// What a service has said in the last minute, for rates and recent percentiles. Belongs to one thread.
struct ServiceHistory {
    private var samples: [(at: ContinuousClock.Instant, metrics: MetricsText)] = []

    /// What is read out of it.
    struct Figures: Sendable {
        /// By metric: per second, over the last ten seconds.
        var rates: [String: Double] = [:]
        /// From event to commit within the last minute; nil where nothing was committed in it.
        var recent: Percentiles?
        /// The same since the process started.
        var sinceStart: Percentiles?
    }

    struct Percentiles: Sendable, Equatable, Codable {
        var p50: Double
        var p90: Double
        var p99: Double
        /// How many observations they rest on.
        var observations: Int64
    }

    static let freshness = "sluice_event_to_commit_seconds"

    /// Takes a sample in and says what follows.
    mutating func add(_ metrics: MetricsText, at now: ContinuousClock.Instant = .now) -> Figures {
        samples.removeAll { now - $0.at > .seconds(62) }
        // A process that was started again counts from 0.
        if let last = samples.last,
            last.metrics.sum("process_start_time_seconds") != metrics.sum("process_start_time_seconds")
        {
            samples = []
        }
        samples.append((now, metrics))
        var figures = Figures()
        figures.sinceStart = Self.percentiles(metrics)
        if let first = samples.first, samples.count > 1 {
            figures.recent = Self.percentiles(metrics.since(first.metrics, Self.freshness + "_bucket"))
        }
        // At least two samples, and as much as ten seconds: commits come once a second, and a rate over two would jump.
        if let base = samples.dropLast().first(where: { now - $0.at <= .seconds(10.5) }) {
            let seconds = Double((now - base.at).milliseconds) / 1_000
            for name in Set(metrics.samples.map(\.name)) where name.hasSuffix("_total") && seconds > 0 {
                guard let value = metrics.sum(name) else { continue }
                figures.rates[name] = max(0, value - (base.metrics.sum(name) ?? 0)) / seconds
            }
        }
        return figures
    }

    private static func percentiles(_ metrics: MetricsText) -> Percentiles? {
        guard let p50 = metrics.quantile(0.5, of: freshness), let p90 = metrics.quantile(0.9, of: freshness),
            let p99 = metrics.quantile(0.99, of: freshness)
        else { return nil }
        let count = metrics.sum(freshness + "_bucket", ["le": "+Inf"]) ?? 0
        return Percentiles(p50: p50, p90: p90, p99: p99, observations: Int64(count))
    }
}

extension MetricsText {
    /// The samples of a counter as they have grown since.
    func since(_ earlier: MetricsText, _ name: String) -> MetricsText {
        var before: [[String: String]: Double] = [:]
        for sample in earlier[name] { before[sample.labels] = sample.value }
        return MetricsText(
            samples: self[name].map { sample in
                Sample(name: name, labels: sample.labels, value: max(0, sample.value - (before[sample.labels] ?? 0)))
            })
    }
}
