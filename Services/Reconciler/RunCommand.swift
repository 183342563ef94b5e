import ArgumentParser
import Logging
import Postgres
import Reconciliation
import Runtime
import ServiceCommand

/// `reconciler run`: the service itself.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Follow the log and compare each hour that is over, until SIGTERM.",
        discussion: "SIGTERM keeps what was counted and ends within 25 seconds.")
    @OptionGroup var options: ReconcilerOptions

    /// A folder that another process uses is no fault of the configuration: that process may be about to end.
    @Sendable private static func exitCode(_ error: any Error) -> Runtime.ExitCode? {
        guard let error = error as? RecountError else { return ServiceFailure.exitCode(error) }
        return switch error.code {
        case .locked: .fenced
        case .usage: .configuration
        default: nil
        }
    }

    func run() async throws {
        let configuration: ReconcilerConfiguration
        do {
            configuration = try ReconcilerConfiguration.load(options)
        } catch {
            ServiceMain.fail(error, name: ReconcilerConfiguration.name, exitCode: ServiceFailure.exitCode)
        }
        let context = ServiceMain.bootstrap(
            name: ReconcilerConfiguration.name, version: ReconcilerCommand.version, format: configuration.logFormat,
            level: configuration.logLevel)
        for warning in configuration.warnings {
            context.logger.warning("configuration", metadata: ["warning": "\(warning)"])
        }
        await ServiceMain.run(context, exitCode: Self.exitCode) { context in
            let vitals = ReconcilerVitals()
            let watched = try WatchedService(
                context, admin: configuration.admin, configuration: configuration.effective,
                file: PackageResources.objectives_json, indicators: vitals.indicators, kafka: configuration.kafka,
                postgres: configuration.postgres, hooks: configuration.hooks)
            return watched.services + [ReconcilerService(configuration, context, vitals: vitals)]
        }
    }
}
