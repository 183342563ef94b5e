import Archive
import ArgumentParser
import Postgres
import Reconciliation
import Runtime
import ServiceCommand

/// `reconciler check`: configuration and connections, without side effects.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Show the effective settings and try the connections; change nothing.")
    @OptionGroup var options: ReconcilerOptions
    @Flag(help: "Also send a test alert, SluiceHookTest, to each receiver of alerts.") var hookTest = false

    func run() async throws {
        try await ServiceFailure.guarded(ReconcilerConfiguration.name) {
            let configuration = try ReconcilerConfiguration.load(options)
            for entry in configuration.effective { print("\(entry.key) = \(entry.value)  (\(entry.source))") }
            for warning in configuration.warnings { print("warning: \(warning)") }
            var topic: String?
            var works = ServiceFailure.attempt("postgres") {
                let connection = try PostgresConnection(configuration.postgres)
                defer { connection.close() }
                let snapshot = try ResultSnapshot(connection, names: configuration.names, job: configuration.job)
                defer { snapshot.close() }
                topic = snapshot.cut.topic
                return
                    "job \(configuration.job) reads \(snapshot.cut.topic), \(snapshot.cut.partitions.count) partitions"
            }
            if let topic {
                works =
                    ServiceFailure.attempt("log") {
                        let source = LogSource(kafka: configuration.kafka, archiveFolder: configuration.archiveFolder)
                        let log = try source.log(of: topic)
                        return "\(log.description) has \(try log.partitions().count) partitions"
                    } && works
            }
            works =
                HookCheck.attempt(configuration.hooks, service: ReconcilerConfiguration.name, sendsTest: hookTest)
                && works
            if !works { throw ArgumentParser.ExitCode(Runtime.ExitCode.dependencyUnavailable.rawValue) }
        }
    }
}
