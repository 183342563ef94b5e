import Archive
import ArgumentParser
import Glibc
import Kafka
import Runtime
import ServiceCommand
import Streams

/// `archiver check`: configuration, folder and topic, without side effects.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract:
            "Show the effective settings, try folder and topic, and see that they belong together; change nothing.")
    @OptionGroup var options: ArchiverOptions
    @Flag(help: "Also send a test alert, SluiceHookTest, to each receiver of alerts.") var hookTest = false

    func run() async throws {
        try await CommandFailure.guarded {
            let configuration = try ArchiverConfiguration.load(options)
            for entry in configuration.effective { print("\(entry.key) = \(entry.value)  (\(entry.source))") }
            for warning in configuration.warnings { print("warning: \(warning)") }
            var first: (any Error)?
            for (name, body) in [
                ("archive", { try folder(configuration) }), ("kafka", { try topic(configuration) }),
                ("seam", { try seams(configuration) }),
            ] {
                do {
                    print("\(name): ok, \(try body())")
                } catch {
                    print("\(name): FAILED, \(error)")
                    first = first ?? error
                }
            }
            let hooksWork = HookCheck.attempt(
                configuration.hooks, service: ArchiverConfiguration.service, sendsTest: hookTest)
            if !hooksWork, first == nil {
                throw ArgumentParser.ExitCode(ExitCode.dependencyUnavailable.rawValue)
            }
            if let first {
                throw ArgumentParser.ExitCode(ExitCode.of(first, mapping: CommandFailure.exitCode).rawValue)
            }
        }
    }

    private typealias ExitCode = Runtime.ExitCode

    private func folder(_ configuration: ArchiverConfiguration) throws -> String {
        let topics = try configuration.folder.topics()
        guard access(configuration.folder.path, W_OK) == 0 else {
            throw ArchiveError(
                .fileSystem, "the folder cannot be written to by this user", path: configuration.folder.path)
        }
        return "\(configuration.folder.path) can be written to"
            + (topics.isEmpty ? "" : "; topics in it: \(topics.joined(separator: ", "))")
    }

    private func topic(_ configuration: ArchiverConfiguration) throws -> String {
        let log = try KafkaLog(
            topic: configuration.topic, configuration: configuration.kafka, stallTimeoutMilliseconds: 10_000)
        return "topic \(configuration.topic) has \(try log.partitions().count) partitions"
    }

    private func seams(_ configuration: ArchiverConfiguration) throws -> String {
        guard try configuration.folder.topics().contains(configuration.topic) else { return "nothing is archived yet" }
        let log = try ContinuedLog(
            archive: ArchivedLog(folder: configuration.folder, topic: configuration.topic),
            then: KafkaLog(
                topic: configuration.topic, configuration: configuration.kafka, stallTimeoutMilliseconds: 10_000))
        let partitions = try log.partitions()
        for partition in partitions { _ = try log.bounds(of: partition) }
        let unverified = log.unverifiedPartitions.sorted().map(\.description).joined(separator: ", ")
        return "the topic goes on where the archive ends"
            + (unverified.isEmpty
                ? "" : " (not to be proved of partition \(unverified): their last archived records are gone)")
    }
}
