import Kafka
import Streams

/// Reads where the logs of topics end. Belongs to one thread.
final class LogEndsReader {
    private let configuration: KafkaClientConfiguration
    private var admin: KafkaAdmin?

    init(_ configuration: KafkaClientConfiguration) { self.configuration = configuration }

    /// By topic and partition: the offset behind the last record.
    func read(_ topics: [String]) throws -> [String: [Int64: Int64]] {
        let admin = try self.admin ?? KafkaAdmin(configuration: configuration)
        self.admin = admin
        var ends: [String: [Int64: Int64]] = [:]
        for topic in topics {
            for end in try admin.watermarkOffsets(topic: topic, timeoutMilliseconds: 2_000) {
                ends[topic, default: [:]][Int64(end.partition.rawValue)] = end.high.rawValue
            }
        }
        return ends
    }
}
