import Foundation
import Kafka
import LocalServers
import Streams
import Testing

/// Runs a test's blocking work on a thread of its own: consumers belong to one thread, and the pool's threads are few.
func onThread<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
}

func configuration(_ brokers: String, extra: [String: String] = [:]) -> KafkaClientConfiguration {
    KafkaClientConfiguration(
        bootstrapServers: brokers.split(separator: ",").map(String.init), clientID: "kafka-tests", extra: extra)
}

/// A new topic on the shared broker, and how to reach it.
func newTopic(_ prefix: String, partitions: Int) async throws -> (KafkaClientConfiguration, String) {
    let configuration = configuration(try await TestServers.brokers())
    let topic = TestServers.uniqueName(prefix)
    try await onThread {
        try KafkaAdmin(configuration: configuration).createTopic(topic, partitions: partitions)
    }
    return (configuration, topic)
}

extension KafkaProducer {
    /// Produces records of a partition whose payloads are their numbers.
    ///
    /// They carry the present time: a broker removes records whose own timestamps are older than its retention.
    func produceNumbered(_ topic: String, _ partition: Partition, _ numbers: Range<Int>) throws {
        for number in numbers {
            try Array(String(number).utf8).withUnsafeBytes { bytes in
                try produce(topic: topic, partition: partition, value: bytes)
            }
        }
    }
}

/// A text's bytes for `produce`.
func withBytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try Array(text.utf8).withUnsafeBytes(body)
}

extension KafkaStoredRecord {
    var text: String? { value.map { String(decoding: $0, as: UTF8.self) } }
}

/// The same, without waiting for it yet.
func onThreadLater<T: Sendable>(_ work: @escaping @Sendable () throws -> T) -> Task<T, any Error> {
    Task { try await onThread(work) }
}

/// Waits until another thread has made a condition true.
func until(
    _ what: String, within limit: Duration = .seconds(45), _ condition: @Sendable () -> Bool
) async throws {
    let deadline = ContinuousClock.now + Patience.stretching(limit)
    while !condition() {
        try #require(ContinuousClock.now < deadline, "never came: \(what)")
        try await Task.sleep(for: .milliseconds(5))
    }
}
