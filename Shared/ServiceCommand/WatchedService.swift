import Cryptography
public import Hooks
public import Kafka
import Objectives
public import Postgres
public import Runtime
public import ServiceLifecycle

/// What every service has beside its work, in the order of its service group: the admin endpoint, the watch over its
/// certificates, whoever hears of its alerts, and its objectives.
public struct WatchedService {
    public let services: [any Service]

    /// - Parameters:
    ///   - file: The bytes of the service's objectives.json.
    ///   - indicators: Of its objectives but `certificates`.
    ///   - hooks: Told of alerts; nil: nobody is.
    public init(
        _ context: ServiceContext, admin: AdminServer.Settings, configuration: [ConfigurationEntry], file: [UInt8],
        indicators: Indicators, kafka: KafkaClientConfiguration?, postgres: PostgresConfiguration?,
        hooks: HookConfiguration? = nil
    ) throws {
        let certificates = CertificateWatch(
            kafka: kafka, postgres: postgres, context.registry, notAfter: CertificateFile.notAfter)
        var indicators = indicators
        indicators.set("certificates") { certificates.indication }
        let dispatcher = hooks.map { HookDispatcher($0, registry: context.registry, logger: context.logger) }
        let host = ServiceConfigurationReader.hostName(fallback: context.name)
        let objectives = try ObjectivesService(
            ObjectiveFile.parse(file), context, indicators: indicators,
            instance: admin.port == 0 ? host : "\(host):\(admin.port)", sink: dispatcher)
        let endpoint = try AdminServer(
            settings: admin, name: context.name, version: context.version, health: context.health,
            registry: context.registry, configuration: { configuration }, logger: context.logger,
            objectives: { objectives.json })
        // Groups end from the last to the first: the last alerts are still sent.
        services = [endpoint, certificates] + (dispatcher.map { [$0] } ?? []) + [objectives]
    }
}
