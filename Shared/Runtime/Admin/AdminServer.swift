import Logging
import ServiceLifecycle

/// The endpoint for probes, metrics and a look inside a service: read-only, an ``EndpointServer`` with these routes.
///
/// It listens on loopback unless told otherwise; any other address needs a token, and then everything but
/// `/healthz/…` asks for it.
///
/// Put it first in the service group: groups shut down from the last to the first, so probes and metrics stay up while
/// the service drains.
public final class AdminServer: Service {
    /// Where to listen and who may look.
    public typealias Settings = EndpointServer.Settings

    private let server: EndpointServer

    /// The port that is listened on from the moment the server exists.
    public var port: UInt16 { server.port }

    /// Opens the port; connections are answered once ``run()`` runs.
    /// - Parameter objectives: What `/objectives` answers, see ``ObjectivesService/json``; nil: the service has none.
    /// - Throws: ``RuntimeError`` `admin_token` for an address beyond loopback without a token, `admin_address` for
    ///   one that is not an address or cannot be listened on.
    public convenience init(
        settings: Settings = Settings(), name: String, version: String, health: HealthState,
        registry: OpenMetricsRegistry, configuration: @escaping @Sendable () -> [ConfigurationEntry], logger: Logger,
        objectives: (@Sendable () -> String)? = nil
    ) throws {
        try self.init(
            settings: settings,
            routes: AdminRoutes(
                name: name, version: version, health: health, registry: registry, configuration: configuration,
                token: settings.token, objectives: objectives),
            logger: logger, requestLimit: .seconds(5))
    }

    init(settings: Settings, routes: AdminRoutes, logger: Logger, requestLimit: Duration) throws {
        server = try EndpointServer(settings: settings, routes: routes, logger: logger, requestLimit: requestLimit)
    }

    /// Answers until the group shuts down.
    public func run() async throws { try await server.run() }
}
