import Kafka
import Streams

/// A delegate that writes down what it is told and answers as a worker would: partitions start where they were left.
final class Recorder: KafkaConsumerDelegate {
    /// The offset each partition continues from; 0 for those that are not here.
    var next: [Partition: Offset] = [:]
    var owned: Set<Partition> = []
    var assignments: [[Partition]] = []
    var revocations: [(partitions: [Partition], lost: Bool)] = []
    var failures: [(partition: Partition, error: KafkaError)] = []
    var ends: [Partition: Offset] = [:]
    var connectionsLost: [KafkaError] = []
    var consumerFailures: [KafkaError] = []
    var fatals: [KafkaError] = []
    var logs: [String] = []
    /// Where a partition starts that is not in `next`.
    var startsFrom: (Partition) -> Offset = { _ in Offset(0) }
    /// Called before a revoke is acknowledged.
    var onRevoke: ([Partition]) -> Void = { _ in }

    func partitionsAssigned(_ partitions: [Partition]) -> [(Partition, Offset)] {
        assignments.append(partitions)
        owned = Set(partitions)
        return partitions.map { ($0, next[$0] ?? startsFrom($0)) }
    }

    func partitionsRevoked(_ partitions: [Partition], lost: Bool) {
        onRevoke(partitions)
        revocations.append((partitions, lost))
        owned = []
    }

    func partitionFailed(_ partition: Partition, error: KafkaError) { failures.append((partition, error)) }
    func endReached(_ partition: Partition, next: Offset) { ends[partition] = next }
    func connectionLost(_ error: KafkaError) { connectionsLost.append(error) }
    func consumerFailed(_ error: KafkaError) { consumerFailures.append(error) }
    func fatal(_ error: KafkaError) { fatals.append(error) }
    func log(level: Int, facility: String, message: String) { logs.append("\(facility): \(message)") }

    /// The rule for what is handed over: only what is owned, and nothing from before the expected offset.
    func accepts(_ record: Record) -> Bool {
        guard owned.contains(record.partition), record.offset >= next[record.partition] ?? Offset(0) else {
            return false
        }
        next[record.partition] = record.offset.next
        return true
    }
}
