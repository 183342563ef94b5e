import Logging
public import Objectives
public import Runtime
public import ServiceLifecycle

/// Tells receivers of a service's alerts, without Prometheus and Alertmanager: each receiver by itself, on a thread of its
/// own, so that one that hangs holds up neither the service nor another receiver.
///
/// Messages are those of Alertmanager's webhook (version 4), signed as the Standard Webhooks specification has it. Put it before
/// whatever evaluates objectives in the service group: it then ends after it, and tries what still waits once more.
public final class HookDispatcher: AlertSink, Service {
    private let workers: [HookWorker]
    private let metrics: HookMetrics

    public init(_ configuration: HookConfiguration, registry: OpenMetricsRegistry, logger: Logger) {
        let workers = configuration.targets.map { HookWorker($0, configuration, logger: logger) }
        self.workers = workers
        metrics = HookMetrics(
            registry, waiting: { workers.reduce(0) { $0 + $1.waiting } },
            dropped: { workers.reduce(0) { $0 + $1.droppedAlerts } })
    }

    public func evaluated(_ alerts: [Alert]) {
        for worker in workers { worker.evaluated(alerts) }
    }

    /// Serves until the group shuts down, and then until everything was tried once more, at most a few seconds.
    public func run() async throws {
        let metrics = metrics
        let threads = try workers.map { worker in try DedicatedThread(name: "hooks") { worker.run(metrics) } }
        let stop: @Sendable () -> Void = { [workers] in for worker in workers { worker.stop() } }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                for thread in threads { await thread.finished() }
            } onGracefulShutdown: {
                stop()
            }
        } onCancel: {
            stop()
        }
    }
}
