import Kafka
import Streams

/// Looks at Kafka. Blocks; every question has a short limit.
enum KafkaObserver {
    /// Every topic of the cluster: also the quickest way to see whether Kafka is there.
    static func topics(_ configuration: KafkaClientConfiguration) throws -> [String: LogState.Topic] {
        try KafkaAdmin(configuration: configuration).topics(timeoutMilliseconds: 3_000).mapValues {
            LogState.Topic(partitions: $0.partitions, led: $0.led)
        }
    }

    /// The ends of the job's topics, and its group.
    static func look(
        _ configuration: KafkaClientConfiguration, known: [String: LogState.Topic], wanted: [String], group: String
    ) throws -> LogState {
        let admin = try KafkaAdmin(configuration: configuration)
        var state = LogState()
        state.groupName = group
        do throws(KafkaError) {
            state.group = try admin.describeGroup(group, timeoutMilliseconds: 2_000)
        } catch {
            state.groupFailure = LookFailure(kafka: error).message
        }
        for topic in wanted {
            guard let found = known[topic] else {
                state.missing.append(topic)
                continue
            }
            state.topics[topic] = found
            do throws(KafkaError) {
                var ends: [Int64: LogState.Ends] = [:]
                for end in try admin.watermarkOffsets(topic: topic, timeoutMilliseconds: 2_000) {
                    ends[Int64(end.partition.rawValue)] = LogState.Ends(start: end.low.rawValue, end: end.high.rawValue)
                }
                state.ends[topic] = ends
            } catch {
                state.failures[topic] = LookFailure(kafka: error).message
            }
        }
        return state
    }
}
