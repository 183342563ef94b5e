import Archive
import ArgumentParser
import Glibc
import Kafka
import Logging
import Runtime
import ServiceCommand

/// `archiver run`: the service itself.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Archive the topic and go on with what comes, until SIGTERM.",
        discussion: "SIGTERM finishes the segments that have records and ends within 25 seconds.")
    @OptionGroup var options: ArchiverOptions

    func run() async throws {
        let configuration: ArchiverConfiguration
        do {
            configuration = try ArchiverConfiguration.load(options)
        } catch {
            ServiceMain.fail(error, name: ArchiverConfiguration.service, exitCode: CommandFailure.exitCode)
        }
        // Beyond the limit of a file's size a write shall fail with an error, which says where, and not end the process.
        signal(SIGXFSZ, SIG_IGN)
        let context = ServiceMain.bootstrap(
            name: ArchiverConfiguration.service, version: ArchiverCommand.version, format: configuration.logFormat,
            level: configuration.logLevel)
        for warning in configuration.warnings {
            context.logger.warning("configuration", metadata: ["warning": "\(warning)"])
        }
        await ServiceMain.run(context, exitCode: CommandFailure.exitCode) { context in
            let vitals = ArchiverVitals(context.registry)
            let watched = try WatchedService(
                context, admin: configuration.admin, configuration: configuration.effective,
                file: PackageResources.objectives_json, indicators: vitals.indicators, kafka: configuration.kafka,
                postgres: nil, hooks: configuration.hooks)
            return watched.services + [ArchiverService(Archiver(configuration, context, vitals: vitals))]
        }
    }
}
