import Kafka
import LocalServers
import Streams
import Synchronization
import Testing

/// The broker is stopped and started again while it is in use: always a private one.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct BrokerRestartTests {
    @Test func consumptionGoesOnWithoutLossOrRepetition() async throws {
        try await withLocalBroker { broker in
            let configuration = configuration(broker.brokers)
            let topic = "restart"
            let progress = Mutex((records: 0, lost: 0))
            let restarts = Atomic(0)
            try await onThread { try KafkaAdmin(configuration: configuration).createTopic(topic, partitions: 2) }
            async let consumed = onThread { () -> [[Int64]] in
                let test = try TestConsumer(
                    configuration, .init(group: topic, groupInstanceID: "one"), topic: topic)
                try test.poll(until: "6000 records", within: .seconds(90)) {
                    progress.withLock { $0 = (test.records.count, test.recorder.connectionsLost.count) }
                    return test.records.count == 6_000
                }
                #expect(test.recorder.fatals.isEmpty)
                #expect(test.recorder.failures.isEmpty)
                #expect(test.recorder.connectionsLost.allSatisfy { !$0.isFatal && !$0.message.isEmpty })
                #expect(test.recorder.connectionsLost.contains { $0.broker != nil })
                let both = [test.offsets(Partition(0)), test.offsets(Partition(1))]
                try test.consumer.close()
                return both
            }
            func produce(_ numbers: Range<Int>) async throws {
                try await onThread {
                    let producer = try KafkaProducer(configuration: configuration)
                    try producer.produceNumbered(topic, Partition(0), numbers)
                    try producer.produceNumbered(topic, Partition(1), numbers)
                    try producer.flush(timeoutMilliseconds: 30_000)
                }
            }
            // Twice in a row: librdkafka itself reports a repeated error once in 30 s.
            for round in 0..<3 {
                try await produce(round * 1_000..<(round + 1) * 1_000)
                try await until("round \(round)") { progress.withLock { $0.records } == (round + 1) * 2_000 }
                if round < 2 {
                    let before = progress.withLock { $0.lost }
                    try await broker.restart()
                    restarts.add(1, ordering: .relaxed)
                    try await until("the report of loss \(round)") { progress.withLock { $0.lost } > before }
                }
            }
            #expect(try await consumed == [Array(0..<3_000), Array(0..<3_000)])
        }
    }

    @Test func anIdempotentProducerNeverRepeatsOrSkipsOverARestart() async throws {
        try await withLocalBroker { broker in
            let configuration = configuration(broker.brokers)
            let topic = "producing"
            let half = Atomic(false)
            let producing = onThreadLater { () -> (delivered: Int, error: KafkaError?) in
                try KafkaAdmin(configuration: configuration).createTopic(topic, partitions: 1)
                let producer = try KafkaProducer(configuration: configuration)
                do {
                    try producer.produceNumbered(topic, Partition(0), 0..<10_000)
                    try producer.flush(timeoutMilliseconds: 30_000)
                    half.store(true, ordering: .releasing)
                    for start in stride(from: 10_000, to: 30_000, by: 100) {
                        try producer.produceNumbered(topic, Partition(0), start..<start + 100)
                        producer.poll(timeoutMilliseconds: 2)
                    }
                    try producer.flush(timeoutMilliseconds: 60_000)
                    return (producer.deliveredCount, nil)
                } catch let error as KafkaError {
                    return (producer.deliveredCount, error)
                }
            }
            try await until("the first half") { half.load(ordering: .acquiring) }
            try await broker.restart()
            let (delivered, error) = try await producing.value
            // The local broker forgets the producer's sequence over a restart, and what it acknowledged in its last
            // moments. The producer notices the first and stops rather than guess.
            if let error { #expect(error.isFatal) } else { #expect(delivered == 30_000) }
            let numbers = try await onThread { () -> [Int] in
                let reader = try KafkaRecordReader(configuration: configuration)
                let ends = try reader.watermarkOffsets(
                    topic: topic, partition: Partition(0), timeoutMilliseconds: 10_000)
                var numbers: [Int] = []
                try reader.forEach(topic: topic, partition: Partition(0), from: Offset(0), to: ends.high) { record in
                    numbers.append(Int(KafkaStoredRecord(copying: record).text ?? "") ?? -1)
                }
                return numbers
            }
            #expect(numbers.count >= 10_000)
            #expect(numbers == Array(0..<numbers.count))
        }
    }
}
