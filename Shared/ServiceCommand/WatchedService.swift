import Cryptography
public import Kafka
public import Objectives
public import Postgres
public import Runtime
public import ServiceLifecycle

/// What every service has beside its work, in the order of its service group: the admin endpoint, the watch over its
/// certificates, and its objectives.
public struct WatchedService {
    public let services: [any Service]

    /// - Parameters:
    ///   - file: The bytes of the service's objectives.json.
    ///   - indicators: Of its objectives but `certificates`.
    ///   - sink: Told of alerts; nil: nobody is.
    public init(
        _ context: ServiceContext, admin: AdminServer.Settings, configuration: [ConfigurationEntry], file: [UInt8],
        indicators: Indicators, kafka: KafkaClientConfiguration?, postgres: PostgresConfiguration?,
        sink: (any AlertSink)? = nil
    ) throws {
        let certificates = CertificateWatch(
            kafka: kafka, postgres: postgres, context.registry, notAfter: CertificateFile.notAfter)
        var indicators = indicators
        indicators.set("certificates") { certificates.indication }
        let host = ServiceConfigurationReader.hostName(fallback: context.name)
        let objectives = try ObjectivesService(
            ObjectiveFile.parse(file), context, indicators: indicators,
            instance: admin.port == 0 ? host : "\(host):\(admin.port)", sink: sink)
        let endpoint = try AdminServer(
            settings: admin, name: context.name, version: context.version, health: context.health,
            registry: context.registry, configuration: { configuration }, logger: context.logger,
            objectives: { objectives.json })
        services = [endpoint, certificates, objectives]
    }
}
