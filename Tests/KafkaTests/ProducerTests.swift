import Kafka
import LocalServers
import Streams
import Testing

@Suite(.serialized, .timeLimit(.minutes(3)))
struct ProducerTests {
    @Test func abortedRecordsAreHidden() async throws {
        let (configuration, topic) = try await newTopic("txn", partitions: 1)
        try await onThread {
            let producer = try KafkaProducer(
                configuration: configuration, settings: .init(transactionalID: topic))
            try producer.initTransactions()
            try producer.beginTransaction()
            try producer.produceNumbered(topic, Partition(0), 0..<10)
            try producer.commitTransaction()
            try producer.beginTransaction()
            try producer.produceNumbered(topic, Partition(0), 10..<20)
            try producer.flush(timeoutMilliseconds: 10_000)
            try producer.abortTransaction()
            try producer.beginTransaction()
            try producer.produceNumbered(topic, Partition(0), 20..<30)
            try producer.sendOffsets([(Partition(0), Offset(7))], topic: topic, group: topic)
            try producer.commitTransaction()

            let expected = (Array(0..<10) + Array(20..<30)).map { String($0) }
            let test = try TestConsumer(
                configuration, .init(group: topic + "-reader", reportsEndOfPartition: true), topic: topic)
            try test.poll(until: "the end") { test.recorder.ends.count == 1 }
            #expect(test.records.map(\.text) == expected)
            try test.consumer.close()

            let ends = try KafkaAdmin(configuration: configuration).watermarkOffsets(
                topic: topic, partition: Partition(0))
            var read: [String?] = []
            let reader = try KafkaRecordReader(configuration: configuration)
            let count = try reader.forEach(topic: topic, partition: Partition(0), from: Offset(0), to: ends.high) {
                read.append(KafkaStoredRecord(copying: $0).text)
            }
            #expect(count == 20)
            #expect(read == expected)
        }
    }

    // pitfall: kafka-transaction-in-doubt
    @Test func aTransactionalTwinFencesTheFirst() async throws {
        let (configuration, topic) = try await newTopic("zombie", partitions: 1)
        try await onThread {
            let settings = KafkaProducer.Settings(transactionalID: topic)
            let first = try KafkaProducer(configuration: configuration, settings: settings)
            try first.initTransactions()
            try first.beginTransaction()
            try first.produceNumbered(topic, Partition(0), 0..<5)
            let twin = try KafkaProducer(configuration: configuration, settings: settings)
            try twin.initTransactions()
            let error = #expect(throws: KafkaError.self) { try first.commitTransaction() }
            #expect(error?.isFatal == true)
            try twin.beginTransaction()
            try twin.produceNumbered(topic, Partition(0), 100..<101)
            try twin.commitTransaction()
            let read = try KafkaRecordReader(configuration: configuration).read(
                topic: topic, partition: Partition(0), from: Offset(0), maximum: 100, timeoutMilliseconds: 5_000)
            #expect(read.map(\.text) == ["100"])
        }
    }

    // pitfall: library-error-object-of-produce
    @Test func aRecordThatCannotBeTakenIsAnError() async throws {
        let (configuration, topic) = try await newTopic("refused", partitions: 1)
        try await onThread {
            let producer = try KafkaProducer(configuration: configuration)
            let big = [UInt8](repeating: 7, count: 2_000_000)
            let large = #expect(throws: KafkaError.self) {
                try big.withUnsafeBytes { bytes in
                    try producer.produce(
                        topic: topic, partition: Partition(0), value: bytes,
                        headers: [RecordHeader(name: "h", value: nil)])
                }
            }
            #expect(large?.topic == topic)
            #expect(large?.code.name == "MSG_SIZE_TOO_LARGE")
            try producer.produceNumbered(topic, Partition(0), 0..<1)
            try producer.flush(timeoutMilliseconds: 10_000)
            #expect(producer.producedCount == 1)
            // Known to be wrong only once the topic's partitions are known: at once, or with the delivery.
            let unknown = #expect(throws: KafkaError.self) {
                try producer.produceNumbered(topic, Partition(9), 0..<1)
                try producer.flush(timeoutMilliseconds: 10_000)
            }
            #expect(unknown?.code.name == "_UNKNOWN_PARTITION")
            #expect(unknown?.partition == Partition(9))
        }
    }

    @Test func aFullQueueWaitsAndThenGivesUp() async throws {
        try await onThread {
            // Nobody listens here, so nothing ever leaves the queue.
            let producer = try KafkaProducer(
                configuration: configuration("127.0.0.1:1"),
                settings: .init(queueMaximumRecords: 10, queueFullTimeoutMilliseconds: 200))
            let started = ContinuousClock.now
            let error = #expect(throws: KafkaError.self) {
                try producer.produceNumbered("nowhere", Partition(0), 0..<11)
            }
            #expect(error?.code == .queueFull)
            #expect(error?.isRetriable == true)
            #expect(producer.producedCount == 10)
            #expect(producer.pendingCount == 10)
            #expect(ContinuousClock.now - started >= .milliseconds(200))
            let flush = #expect(throws: KafkaError.self) { try producer.flush(timeoutMilliseconds: 100) }
            #expect(flush?.code == .timedOut)
            #expect(flush?.message.contains("10 records") == true)
        }
    }

    @Test func aDeliveryThatTimesOutIsSurfaced() async throws {
        try await onThread {
            let producer = try KafkaProducer(
                configuration: configuration("127.0.0.1:1"), settings: .init(messageTimeoutMilliseconds: 300))
            try producer.produceNumbered("nowhere", Partition(3), 0..<3)
            let error = #expect(throws: KafkaError.self) { try producer.flush(timeoutMilliseconds: 20_000) }
            #expect(error?.code == .messageTimedOut)
            #expect(error?.topic == "nowhere")
            #expect(error?.partition == Partition(3))
            #expect(producer.failedCount == 3)
        }
    }
}
