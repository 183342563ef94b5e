import Logging

/// What every part of a service is handed: made once by ``ServiceMain/bootstrap(name:version:format:level:)``.
public struct ServiceContext: Sendable {
    public var name: String
    public var version: String
    public var logger: Logger
    public var registry: OpenMetricsRegistry
    public var health: HealthState

    public init(
        name: String, version: String, logger: Logger, registry: OpenMetricsRegistry = OpenMetricsRegistry(),
        health: HealthState = HealthState()
    ) {
        self.name = name
        self.version = version
        self.logger = logger
        self.registry = registry
        self.health = health
    }
}
