import Kafka

/// What Kafka says of the job's topics and its group.
struct LogState: Sendable, Equatable {
    struct Ends: Sendable, Equatable {
        var start: Int64
        var end: Int64
    }

    struct Topic: Sendable, Equatable {
        var partitions: Int
        var led: Int
    }

    /// Those of the job that are there.
    var topics: [String: Topic] = [:]
    /// Those of the job that are not.
    var missing: [String] = []
    /// By topic and partition.
    var ends: [String: [Int64: Ends]] = [:]
    /// Topics whose ends were not answered for.
    var failures: [String: String] = [:]
    var groupName = ""
    var group: KafkaGroup?
    var groupFailure: String?

    func ends(_ row: ProgressSight) -> Ends? { ends[row.topic]?[row.partition] }

    /// Records that wait; nil where the log does not say it.
    func lag(_ row: ProgressSight) -> Int64? {
        guard let ends = ends(row) else { return nil }
        return max(0, ends.end - max(row.nextOffset ?? ends.start, ends.start))
    }
}
