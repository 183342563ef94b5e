import Objectives
import Runtime

/// The vitals of the service's streams, and the indicators of its objectives made of them.
struct AggregatorVitals: Sendable {
    let events: StreamVitals
    /// Nil where the stream is not read.
    let adjustments: StreamVitals?
    let budgets: StreamVitals?
    let kafka = KafkaWatch.Silence()

    init(_ side: SideStreams) {
        events = StreamVitals()
        adjustments = side.adjustmentsTopic.map { _ in StreamVitals() }
        budgets = side.budgetsTopic.map { _ in StreamVitals() }
    }

    private var all: [StreamVitals] { [events, adjustments, budgets].compactMap { $0 } }

    /// The worst of all streams; of completeness the events alone: adjustments and budgets concern any past or coming day, so
    /// that their event time says nothing about what is still to come.
    var indicators: Indicators {
        func worst(_ value: @escaping @Sendable (StreamVitals) -> Double?) -> @Sendable () -> Double? {
            { [all] in all.compactMap(value).max() }
        }
        var indicators = Indicators()
        indicators.set("freshness") { [all] in
            Indication(
                all.compactMap(\.oldestUnappliedSeconds).max(), cause: all.lazy.compactMap(\.unappliedCause).first)
        }
        indicators.set("source") { [kafka] in kafka.indication }
        indicators.set("completeness", value: { [events] in events.watermarkBehindSeconds })
        indicators.set("availability", value: worst { $0.storeRefusedSeconds })
        indicators.set("stopped") { [all] in
            let counts = all.compactMap(\.stoppedPartitions)
            return Indication(counts.isEmpty ? nil : counts.reduce(0, +))
        }
        return indicators
    }
}
