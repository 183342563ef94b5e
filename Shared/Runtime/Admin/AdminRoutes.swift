/// What the admin endpoint answers, without any I/O.
struct AdminRoutes: Sendable {
    var name: String
    var version: String
    var health: HealthState
    var registry: OpenMetricsRegistry
    /// The effective configuration, secrets already taken out.
    var configuration: @Sendable () -> [ConfigurationEntry]
    var token: Secret?
    /// The objectives as JSON; nil from a service that has none.
    var objectives: (@Sendable () -> String)?

    /// The paths that never ask for the token.
    private static let probes: Set<String> = ["/healthz/live", "/healthz/ready", "/healthz/startup"]

    func response(to request: AdminRequest) -> AdminResponse {
        let isProbe = Self.probes.contains(request.path)
        if let token, !isProbe, !(request.bearerToken.map(token.equals) ?? false) {
            return .text(.unauthorized, "this path needs Authorization: Bearer and the admin token")
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            return .text(.methodNotAllowed, "this endpoint is read-only: GET and HEAD")
        }
        return switch request.path {
        case "/": .text(.ok, index)
        case "/healthz/live": probe(health.liveness)
        case "/healthz/ready": probe(health.readiness)
        case "/healthz/startup": probe(health.startup)
        case "/metrics":
            AdminResponse(status: .ok, contentType: OpenMetricsRegistry.contentType, body: registry.exposition())
        case "/config": .json(.ok, configurationJSON)
        case "/objectives":
            objectives.map { .json(.ok, $0()) } ?? .text(.notFound, "this service has no objectives")
        case "/version": .json(.ok, versionJSON)
        default: .text(.notFound, "no such path; / lists all of them")
        }
    }

    private func probe(_ report: HealthReport) -> AdminResponse {
        .json(report.isOK ? .ok : .unavailable, report.json)
    }

    private var index: String {
        """
        \(name) \(version)

        /healthz/live      the process turns
        /healthz/ready     it makes progress
        /healthz/startup   its warm-up is over
        /metrics           OpenMetrics
        /objectives        what it promises, and how much of it was kept
        /config            effective configuration, without secrets
        /version           name and version
        """
    }

    private var configurationJSON: String {
        var json = JSONText()
        json.beginArray()
        for entry in configuration() {
            json.beginObject()
            json.field("key", entry.key)
            json.field("value", entry.value)
            json.field("source", entry.source.description)
            json.endObject()
        }
        json.endArray()
        return json.string
    }

    private var versionJSON: String {
        var json = JSONText()
        json.beginObject()
        json.field("name", name)
        json.field("version", version)
        json.field("allocator", Allocator.current.description)
        json.endObject()
        return json.string
    }
}
