import Runtime

/// What becomes of messages, over all receivers.
struct HookMetrics: Sendable {
    let delivered: CounterMetric
    let refused: CounterMetric
    let givenUp: CounterMetric
    let retries: CounterMetric

    /// - Parameters:
    ///   - waiting: Messages that wait, over all receivers; asked for at each scrape.
    ///   - dropped: Alerts that nobody heard of.
    init(
        _ registry: OpenMetricsRegistry, waiting: @escaping @Sendable () -> Int, dropped: @escaping @Sendable () -> Int
    ) {
        func messages(_ outcome: String) -> CounterMetric {
            registry.counter(
                "sluice_hook_messages", labels: [("outcome", outcome)],
                help: "Messages to receivers of alerts, by how they ended.")
        }
        delivered = messages("delivered")
        refused = messages("refused")
        givenUp = messages("given_up")
        retries = registry.counter("sluice_hook_retries", help: "Attempts that failed and are made again.")
        registry.callbackGauge(
            "sluice_hook_waiting", help: "Receivers' groups of alerts with something that was not delivered yet."
        ) { Double(waiting()) }
        registry.callbackCounter(
            "sluice_hook_dropped", help: "Alerts and ends of alerts that a receiver never heard of."
        ) { Double(dropped()) }
    }
}
