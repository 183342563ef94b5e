import CoreMetrics
import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// The life of a service's process: logging and metrics set up, services run until SIGTERM or SIGINT, drained within
/// a limit, and every error turned into one line and an exit code.
///
///     let context = ServiceMain.bootstrap(name: "spend-aggregator", version: version)
///     await ServiceMain.run(context) { context in
///         [try AdminServer(…), worker]
///     }
public enum ServiceMain {
    /// From SIGTERM to the end: below the 30 s after which Kubernetes kills.
    public static let drainLimit = Duration.seconds(25)

    /// Sets up logging and metrics for the process. Once in a process.
    ///
    /// SIGPIPE is ignored from here on: a client that hangs up is an error of its connection, not the end.
    public static func bootstrap(
        name: String, version: String, format: LogFormat = .json, level: Logger.Level = .info
    ) -> ServiceContext {
        signal(SIGPIPE, SIG_IGN)
        LoggingSystem.bootstrap { _ in StructuredLogHandler(service: name, format: format, level: level) }
        let registry = OpenMetricsRegistry()
        ProcessMetrics.register(in: registry)
        MetricsSystem.bootstrap(registry)
        registry.callbackGauge("sluice_build_info", labels: [("version", version)], help: "1, with the version.") { 1 }
        return ServiceContext(name: name, version: version, logger: Logger(label: name), registry: registry)
    }

    /// Runs services and ends the process. Does not return.
    /// - Parameters:
    ///   - drainLimit: From the signal to the end; then the process ends with code 124.
    ///   - exitCode: Codes for errors of other modules; nil leaves it to the error (``ExitCodeReporting``).
    ///   - makeServices: Opens what the services need and gives them in the order in which they start; they shut down
    ///     in the reverse order. What it throws ends the process like an error of a service.
    public static func run(
        _ context: ServiceContext, drainLimit: Duration = ServiceMain.drainLimit,
        exitCode: @escaping @Sendable (any Error) -> ExitCode? = { _ in nil },
        _ makeServices: (ServiceContext) async throws -> [any Service]
    ) async -> Never {
        let code = await runServices(
            context, drainLimit: drainLimit, exitCode: exitCode, expired: { exitNow(.drainLimitExceeded) },
            makeServices)
        fflush(nil)
        exitNow(code)
    }

    /// Runs services that exist already and ends the process. Does not return.
    public static func run(
        name: String, version: String, services: [any Service], logger: Logger,
        drainLimit: Duration = ServiceMain.drainLimit
    ) async -> Never {
        let context = ServiceContext(name: name, version: version, logger: logger)
        await run(context, drainLimit: drainLimit) { _ in services }
    }

    /// Ends the process for an error before or outside of ``run(_:drainLimit:exitCode:_:)``, such as a configuration
    /// that does not hold: one line, and the error's code.
    public static func fail(
        _ error: any Error, name: String, format: LogFormat = .json,
        exitCode: (any Error) -> ExitCode? = { _ in nil }
    ) -> Never {
        let handler = StructuredLogHandler(service: name, format: format)
        let code = ExitCode.of(error, mapping: exitCode)
        report(error, code, Logger(label: name) { _ in handler })
        fflush(nil)
        exitNow(code)
    }

    /// The same as ``run(_:drainLimit:exitCode:_:)`` without the end of the process: gives the code.
    static func runServices(
        _ context: ServiceContext, drainLimit: Duration,
        exitCode: (any Error) -> ExitCode? = { _ in nil }, expired: @escaping @Sendable () -> Void,
        _ makeServices: (ServiceContext) async throws -> [any Service]
    ) async -> ExitCode {
        let logger = context.logger
        logger.info(
            "starting",
            metadata: [
                "version": "\(context.version)", "pid": "\(getpid())", "allocator": "\(Allocator.current)",
            ])
        let guardian = DrainGuard(limit: drainLimit, logger: logger, health: context.health) {
            logger.critical(
                "the drain took longer than its limit",
                metadata: [
                    "limit_seconds": "\(drainLimit.components.seconds)",
                    "exit_code": "\(ExitCode.drainLimitExceeded.rawValue)",
                    "explanation":
                        "the database did not answer; what was not committed is read again by whoever starts next",
                ])
            expired()
        }
        do {
            let services = try await makeServices(context)
            try await group(services + [guardian], logger).run()
            guardian.callOff()
            logger.info("stopped", metadata: ["exit_code": "0"])
            return .ok
        } catch {
            guardian.callOff()
            let code = ExitCode.of(error, mapping: exitCode)
            report(error, code, logger)
            return code
        }
    }

    /// One that fails makes the others drain: they still have work to commit. One that finishes by itself is done with
    /// what it was asked to do, and the others drain as well.
    private static func group(_ services: [any Service], _ logger: Logger) -> ServiceGroup {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .info)
        let configurations = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                failureTerminationBehavior: .gracefullyShutdownGroup,
                // The default name prints the whole service, configuration included.
                serviceName: "\(type(of: $0))")
        }
        return ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: configurations, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    }

    private static func report(_ error: any Error, _ code: ExitCode, _ logger: Logger) {
        var metadata: Logger.Metadata = ["error": "\(error)", "exit_code": "\(code.rawValue)"]
        if let error = error as? RuntimeError {
            metadata["code"] = "\(error.code.rawValue)"
            for (key, value) in error.context where metadata[key] == nil { metadata[key] = "\(value)" }
        }
        logger.critical("stopped by an error", metadata: metadata)
    }

    /// Ends without running exit handlers, which would take globals away from threads that still run (C libraries have
    /// some of their own).
    private static func exitNow(_ code: ExitCode) -> Never { _exit(code.rawValue) }
}
