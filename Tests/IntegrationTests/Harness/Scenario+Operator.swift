import Foundation
import Kafka
import LocalServers
import Streams
import Testing

/// What an operator does to a scenario's log and progress.
extension Scenario {
    typealias CommandResult = (status: ChildProcess.ExitStatus, standardOutput: String, standardError: String)

    /// How every command of `sluice` finds this scenario's results.
    var installation: [String] { ["--postgres", postgres, "--schema-prefix", prefix, "--job", job] }

    /// Runs `sluice progress set` for a partition.
    func setProgress(
        _ partition: Int32, _ flags: [String], reason: String = "agreed with finance", job: String? = nil
    ) async throws -> CommandResult {
        try await sluice(
            ["progress", "set", "--postgres", postgres, "--schema-prefix", prefix, "--job", job ?? self.job]
                + ["--kafka-brokers", brokers, "--topic", topic, "--partition", "\(partition)", "--reason", reason]
                + flags)
    }

    /// The same, and it must be done.
    func expectSet(_ partition: Int32, _ flags: [String], reason: String = "agreed with finance") async throws {
        let result = try await setProgress(partition, flags + ["--yes"], reason: reason)
        try #require(result.status.isSuccess, "\(result)")
    }

    /// The recorded changes as CSV lines without the header, newest first.
    func changes() async throws -> [String] {
        let result = try await sluice(["progress", "history", "--format", "csv"] + installation)
        try #require(result.status.isSuccess, "\(result)")
        return result.standardOutput.split(separator: "\r\n").dropFirst().map(String.init)
    }

    /// Removes the records of a partition before an offset, as retention does.
    func removeRecords(_ partition: Int32 = 0, before offset: Int64) async throws {
        let (kafka, topic) = (kafka, topic)
        try await onThread {
            try KafkaAdmin(configuration: kafka).deleteRecords(topic, Partition(partition), before: Offset(offset))
        }
    }

    /// Deletes the topic and makes it again with these records: another log, or the same one cut off where the
    /// records are those of before.
    func replaceTopic(with records: [ProducedRecord]) async throws {
        try await deleteTopic()
        // Brokers take a moment to forget a topic.
        try await until("the topic can be made again") {
            do {
                try await createTopic()
                return true
            } catch let error as KafkaError where error.code == .topicAlreadyExists {
                return false
            }
        }
        try await produce(records)
    }

    private static let levels = [
        "minute", "hour", "day", "lifetime", "ad_hour", "placement_hour", "country_hour", "beyond_retention",
    ]

    /// Every row of the results and every dead letter, in order, as text: what must be the same byte for byte when a
    /// log is applied again. When something was written is left out.
    func everything() throws -> [String] {
        let rows = try Self.levels.flatMap { level in
            try database.rows(
                """
                SELECT (to_jsonb(t) - '{revision,corrections,changed_at,changed_in}'::text[])::text
                FROM "\(prefix)spend".\(level)_by_partition AS t ORDER BY 1
                """)
        }
        let letters = try database.rows(
            """
            SELECT (to_jsonb(d) - 'at')::text FROM \(deadLetters) AS d ORDER BY partition, record_offset
            """)
        let progress = try database.rows(
            """
            SELECT (to_jsonb(p) - '{epoch,owner,updated_at,idle_offset}'::text[])::text FROM \(self.progress) AS p ORDER BY partition
            """)
        return (rows + letters + progress).map { $0[0] ?? "" }
    }
}
