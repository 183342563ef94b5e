import ArgumentParser
import Foundation
import Kafka
import Postgres

/// `sluice doctor`: what is wrong, why, and what to do next.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what is wrong, in order of likelihood, with evidence and the command that helps.",
        discussion: """
            Looks at the services, PostgreSQL, Kafka, progress, dead letters and reconciliations at the same time, and takes \
            a few seconds also where some of them hang. It changes nothing. Exit code 0: healthy; 1: something is wrong; \
            4: nothing wrong was found, but not everything could be looked at; 3: nothing could be looked at.
            """)

    @OptionGroup var services: ServicesOptions
    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var kafka: KafkaOptions
    @OptionGroup var job: JobOptions
    @Option(help: "The job's consumer group. [as its processes say, else the job's name]")
    var group: String?
    @Option(help: "A topic of the job, besides those that its processes and its progress name; once for each.")
    var topic: [String] = []
    @Flag(help: "Print the diagnosis as JSON.") var json = false
    @Flag(help: "Print every finding; otherwise the three likeliest.") var all = false

    func run() async throws {
        var diagnosis = await Doctor.examine(try scope())
        let code = Self.exitCode(diagnosis)
        if !all { diagnosis.findings = Array(diagnosis.findings.prefix(3)) }
        Output.write(json ? try Self.encoded(diagnosis) : DiagnosisText.of(diagnosis))
        if let code { throw ExitCode(code.rawValue) }
    }

    private func scope() throws -> DoctorScope {
        // A service alone is worth a look: what is not named is a gap, not an error.
        let isPostgresNamed =
            postgres.postgres ?? Environment.value("SLUICE_POSTGRES") ?? DevelopmentServers.running().postgres
        return DoctorScope(
            job: job.name, names: try postgres.names(), services: try services.addresses(),
            servicesAreNamed: !services.services.isEmpty || Environment.value("SLUICE_SERVICES") != nil,
            adminToken: try services.token(), postgres: isPostgresNamed == nil ? nil : try postgres.configuration(),
            kafka: try kafka.configurationIfNamed(), group: group, topics: topic)
    }

    /// Nil: healthy.
    static func exitCode(_ diagnosis: Diagnosis) -> CommandFailure.Code? {
        if !diagnosis.findings.isEmpty { return .difference }
        if diagnosis.healthy.isEmpty { return .dependency }
        return diagnosis.notExamined.isEmpty ? nil : .notCompared
    }

    private static func encoded(_ diagnosis: Diagnosis) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(diagnosis), as: UTF8.self) + "\n"
    }
}
