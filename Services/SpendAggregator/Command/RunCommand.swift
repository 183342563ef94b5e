import ArgumentParser
import Connectors
import Logging
import Postgres
import Runtime
import ServiceCommand
import Streams

/// `spend-aggregator run`: the service itself.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Read ad events and keep spend by minute, until SIGTERM.",
        discussion: "Applies pending migrations first. SIGTERM commits what was read and ends within 25 seconds.")
    @OptionGroup var options: ServiceOptions

    func run() async throws {
        let configuration: SpendConfiguration
        let probe: (any StepProbe)?
        let relayProbe: (any OutboxProbe)?
        do {
            configuration = try SpendConfiguration.load(options)
            #if SLUICE_MUTANTS
                let point = try CrashPoint.ofProcess()
                probe = point
                relayProbe = point
            #else
                probe = nil
                relayProbe = nil
            #endif
        } catch {
            ServiceMain.fail(error, name: SpendConfiguration.defaultJob, exitCode: CommandFailure.exitCode)
        }
        let context = ServiceMain.bootstrap(
            name: configuration.job.name, version: SpendAggregatorCommand.version, format: configuration.logFormat,
            level: configuration.logLevel)
        for warning in configuration.warnings {
            context.logger.warning("configuration", metadata: ["warning": "\(warning)"])
        }
        await ServiceMain.run(context, exitCode: CommandFailure.exitCode) { context in
            let connection = try PostgresConnection(configuration.postgres)
            try MigrateCommand.apply(configuration, on: connection, logger: context.logger)
            // A budget may name the zones that the database finds days in.
            let timeZones =
                configuration.side.budgetsTopic == nil
                ? [] : try connection.query("SELECT name FROM pg_timezone_names").map { try $0.string(0) }
            connection.close()
            let vitals = AggregatorVitals(configuration.side)
            let watched = try WatchedService(
                context, admin: configuration.admin, configuration: configuration.effective,
                file: PackageResources.objectives_json, indicators: vitals.indicators, kafka: configuration.kafka,
                postgres: configuration.postgres, hooks: configuration.hooks)
            let aggregator = AggregatorService(
                configuration, context, vitals: vitals, timeZones: timeZones, probe: probe, relayProbe: relayProbe)
            return watched.services + [aggregator]
        }
    }
}
