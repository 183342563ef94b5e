import Foundation
import Kafka
import LocalServers
import Streams
import Testing

/// The archiver and what it keeps, as a scenario has them.
extension Scenario {
    var archive: String { folder.appending(path: "archive").path(percentEncoded: false) }

    /// The folder is the operator's to make.
    func makeArchive() throws {
        try FileManager.default.createDirectory(atPath: archive, withIntermediateDirectories: true)
    }

    func archiverArguments(_ command: String, age: String = "300ms", flags: [String] = []) -> [String] {
        [
            command, "--kafka-brokers", brokers, "--kafka-topic", topic, "--archive-folder", archive,
            "--segment-age", age, "--admin-port", "0",
        ] + flags
    }

    /// Starts `archiver run`.
    /// - Parameter fileBlocks: the most that a file may have, in blocks of 512 bytes, as on a full disk.
    func startArchiver(age: String = "300ms", fileBlocks: Int? = nil, flags: [String] = []) throws -> Aggregator {
        let program = Binaries.release + "/archiver"
        let arguments = archiverArguments("run", age: age, flags: flags)
        let process =
            if let fileBlocks {
                try spawn(
                    "/bin/sh", ["-c", "ulimit -f \(fileBlocks) && exec \"$0\" \"$@\"", program] + arguments,
                    environment: [:])
            } else {
                try spawn(program, arguments, environment: [:])
            }
        return Aggregator(instance: "archiver", process: process)
    }

    /// One line of `sluice archive list`.
    struct ArchivedPartition: Decodable, Equatable {
        var partition: Int32
        var segments: Int
        var first_offset: Int64
        var last_offset: Int64
        var records: Int64
    }

    func archived() async throws -> [ArchivedPartition] {
        let result = try await sluice([
            "archive", "list", "--archive-folder", archive, "--topic", topic, "--format", "json",
        ])
        try #require(result.status.isSuccess, "\(result)")
        return try JSONDecoder().decode([ArchivedPartition].self, from: Data(result.standardOutput.utf8))
    }

    /// Waits until every offset of the topic is in a segment.
    func untilArchived(within limit: Duration = .seconds(60)) async throws {
        let ends = try await LogReader.ends(self).filter { $0.value > 0 }
        try await until("everything is archived up to \(ends)", within: limit, every: .milliseconds(100)) {
            guard FileManager.default.fileExists(atPath: archive + "/" + topic) else { return false }
            let archived = try await archived()
            return archived.count == ends.count
                && archived.allSatisfy { $0.last_offset + 1 >= ends[$0.partition] ?? 0 }
        }
    }

    /// `sluice archive verify`: its last line, and whether it found no fault.
    func verifyArchive() async throws -> (isWhole: Bool, verdict: String) {
        let result = try await sluice(["archive", "verify", "--archive-folder", archive, "--quiet"])
        return (
            result.status.isSuccess, result.standardOutput.split(separator: "\n").last.map(String.init) ?? "\(result)"
        )
    }

    /// Every record of a topic, by partition.
    func records(of topic: String) async throws -> [[KafkaStoredRecord]] {
        let kafka = kafka
        return try await onThread {
            let reader = try KafkaRecordReader(configuration: kafka)
            return try KafkaAdmin(configuration: kafka).watermarkOffsets(topic: topic).map { ends in
                var records: [KafkaStoredRecord] = []
                try reader.forEach(topic: topic, partition: ends.partition, from: ends.low, to: ends.high) {
                    records.append(KafkaStoredRecord(copying: $0))
                }
                return records
            }
        }
    }

    /// Replays the whole archive into a new topic and compares that with what is archived from: each record once, in its
    /// order, the same in everything but the offset.
    func expectArchiveEqualsTopic() async throws {
        let target = topic + "_replayed"
        let (kafka, partitions) = (kafka, partitions)
        try await onThread {
            try KafkaAdmin(configuration: kafka).createTopic(
                target, partitions: partitions, configuration: ["retention.ms": "-1"])
        }
        let replay = try await sluice([
            "archive", "replay", "--archive-folder", archive, "--topic", topic, "--to-topic", target,
            "--kafka-brokers", brokers, "--quiet",
        ])
        #expect(replay.status.isSuccess, "\(replay)")
        let (original, copy) = (try await records(of: topic), try await records(of: target))
        for (partition, (original, copy)) in zip(original, copy).enumerated() {
            #expect(original.count == copy.count, "partition \(partition)")
            let differing = zip(original, copy).first { one, other in
                var other = other
                other.offset = one.offset
                return one != other
            }
            #expect(differing == nil, "partition \(partition)")
        }
        try await onThread { try KafkaAdmin(configuration: kafka).deleteTopic(target) }
    }
}
