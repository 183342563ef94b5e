public import Archive
public import Kafka

/// Where logs are read: Kafka, an archive, or an archive that is continued in Kafka.
public struct LogSource: Sendable {
    /// nil: the archive alone.
    public var kafka: KafkaClientConfiguration?
    /// nil: Kafka alone.
    public var archiveFolder: String?

    public init(kafka: KafkaClientConfiguration?, archiveFolder: String? = nil) {
        self.kafka = kafka
        self.archiveFolder = archiveFolder
    }

    /// Opens the log of a topic.
    public func log(of topic: String) throws -> any PartitionedLog {
        switch (kafka, archiveFolder) {
        case (let kafka?, nil): return try KafkaLog(topic: topic, configuration: kafka)
        case (nil, let folder?): return try ArchivedLog(folder: ArchiveFolder(folder), topic: topic)
        case (let kafka?, let folder?):
            let live = try KafkaLog(topic: topic, configuration: kafka)
            do {
                return try ContinuedLog(
                    archive: ArchivedLog(folder: ArchiveFolder(folder), topic: topic), then: live)
            } catch  where error.code == .notArchived {
                // Not every topic of a job has to be archived.
                return live
            }
        case (nil, nil):
            throw ComparisonError("No log is named.", hint: "Name a Kafka, or the folder of an archive, or both.")
        }
    }
}

extension LogSource: CustomStringConvertible {
    /// For people.
    public var description: String {
        switch (kafka, archiveFolder) {
        case (nil, let folder?): "archive \(folder)"
        case (_?, let folder?): "archive \(folder), then Kafka"
        default: "Kafka"
        }
    }
}
