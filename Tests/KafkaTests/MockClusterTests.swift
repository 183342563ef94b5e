import Kafka
import Streams
import Testing

/// Faults of the protocol, injected by librdkafka's mock cluster.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct MockClusterTests {
    // pitfall: library-mock-cluster
    @Test func fetchErrorsAreRetriedWithoutLoss() async throws {
        try await onThread {
            let cluster = try KafkaMockCluster(brokers: 1)
            try cluster.createTopic("faults", partitions: 1)
            let configuration = configuration(cluster.bootstrapServers.joined(separator: ","))
            let producer = try KafkaProducer(configuration: configuration)
            try producer.produceNumbered("faults", Partition(0), 0..<100)
            try producer.flush(timeoutMilliseconds: 10_000)

            let test = try TestConsumer(configuration, .init(group: "g"), topic: "faults")
            try test.poll(until: "the first hundred") { test.records.count == 100 }
            // NOT_LEADER_FOR_PARTITION, UNKNOWN_SERVER_ERROR, LEADER_NOT_AVAILABLE.
            cluster.pushErrors(
                [6, -1, 5].map { KafkaError.Code(rawValue: $0) }, for: .fetch)
            try producer.produceNumbered("faults", Partition(0), 100..<200)
            try producer.flush(timeoutMilliseconds: 10_000)
            try test.poll(until: "the second hundred") { test.records.count == 200 }
            #expect(test.offsets(Partition(0)) == Array(0..<200))
            #expect(test.recorder.fatals.isEmpty)
            try test.consumer.close()
        }
    }

    @Test func anInjectedOffsetOutOfRangeFailsThePartition() async throws {
        try await onThread {
            let cluster = try KafkaMockCluster(brokers: 1)
            try cluster.createTopic("range", partitions: 1)
            let configuration = configuration(cluster.bootstrapServers.joined(separator: ","))
            let producer = try KafkaProducer(configuration: configuration)
            try producer.produceNumbered("range", Partition(0), 0..<10)
            try producer.flush(timeoutMilliseconds: 10_000)
            let test = try TestConsumer(configuration, .init(group: "g"), topic: "range")
            try test.poll(until: "ten records") { test.records.count == 10 }
            cluster.pushErrors([.offsetOutOfRange], for: .fetch)
            try test.poll(until: "the failure") { !test.recorder.failures.isEmpty }
            #expect(test.recorder.failures.first?.error.code == .offsetReset)
            #expect(test.recorder.failures.first?.partition == Partition(0))
            #expect(test.records.count == 10)
            try test.consumer.close()
        }
    }

    @Test func aBrokerThatGoesDownAndComesBack() async throws {
        try await onThread {
            let cluster = try KafkaMockCluster(brokers: 1)
            try cluster.createTopic("down", partitions: 1)
            let configuration = configuration(cluster.bootstrapServers.joined(separator: ","))
            let producer = try KafkaProducer(configuration: configuration)
            try producer.produceNumbered("down", Partition(0), 0..<10)
            try producer.flush(timeoutMilliseconds: 10_000)
            let test = try TestConsumer(configuration, .init(group: "g"), topic: "down")
            try test.poll(until: "ten records") { test.records.count == 10 }
            // The connection is lost three times in short order: each is reported before what comes after it.
            for round in 1...3 {
                let before = test.recorder.connectionsLost.count
                try cluster.brokerDown(1)
                try cluster.brokerUp(1)
                try producer.produceNumbered("down", Partition(0), round * 10..<(round + 1) * 10)
                try producer.flush(timeoutMilliseconds: 20_000)
                try test.poll(until: "round \(round)") { test.records.count == (round + 1) * 10 }
                #expect(test.recorder.connectionsLost.count > before, "round \(round)")
                #expect(test.recorder.connectionsLost.last?.isFatal == false)
            }
            #expect(test.offsets(Partition(0)) == Array(0..<40))
            try test.consumer.close()
        }
    }

    @Test func aLossThatRepeatsItselfIsReportedEachTime() async throws {
        try await onThread {
            let cluster = try KafkaMockCluster(brokers: 1)
            try cluster.createTopic("again", partitions: 1)
            let brokers = cluster.bootstrapServers.joined(separator: ",")
            let producer = try KafkaProducer(configuration: configuration(brokers))
            try [UInt8](repeating: 1, count: 100_000).withUnsafeBytes { bytes in
                try producer.produce(topic: "again", partition: Partition(0), value: bytes)
            }
            try producer.flush(timeoutMilliseconds: 10_000)
            // Every answer with the record is too large, so the connection is dropped over it again and again, always
            // with the same words: librdkafka's error callback tells the first and is silent for 30 s.
            let small = [
                "receive.message.max.bytes": "2000", "fetch.max.bytes": "1000", "message.max.bytes": "1000",
            ]
            let test = try TestConsumer(
                configuration(brokers, extra: small), .init(group: "g"), topic: "again")
            try test.poll(until: "six losses by the count of closed sockets", within: .seconds(20)) {
                test.recorder.connectionsLost.count { $0.broker == nil && $0.code == .transport } >= 6
            }
            #expect(test.recorder.connectionsLost.count { $0.broker != nil } < 6)
            try test.consumer.close()
        }
    }

    @Test func produceErrorsAreRetriedInOrder() async throws {
        try await onThread {
            let cluster = try KafkaMockCluster(brokers: 1)
            try cluster.createTopic("retry", partitions: 1)
            let configuration = configuration(cluster.bootstrapServers.joined(separator: ","))
            let producer = try KafkaProducer(configuration: configuration)
            // REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS.
            cluster.pushErrors([7, 19].map { KafkaError.Code(rawValue: $0) }, for: .produce)
            try producer.produceNumbered("retry", Partition(0), 0..<50)
            try producer.flush(timeoutMilliseconds: 20_000)
            #expect(producer.deliveredCount == 50)
            let read = try KafkaRecordReader(configuration: configuration).read(
                topic: "retry", partition: Partition(0), from: Offset(0), maximum: 100, timeoutMilliseconds: 5_000)
            #expect(read.map(\.text) == (0..<50).map { String($0) })
        }
    }
}
