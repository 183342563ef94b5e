import Kafka
import LocalServers
import Streams
import Testing

@Suite(.serialized, .timeLimit(.minutes(3)))
struct RoundTripTests {
    @Test func nullAndEmptyPayloadsKeysHeadersAndTimestamps() async throws {
        let (configuration, topic) = try await newTopic("round", partitions: 1)
        try await onThread {
            let producer = try KafkaProducer(configuration: configuration)
            let zero = Partition(0)
            let empty = UnsafeRawBufferPointer(start: nil, count: 0)
            // Not the past: a broker removes records whose own timestamps are older than its retention.
            let time: Int64 = 4_000_000_000_123
            try producer.produce(topic: topic, partition: zero, timestampMilliseconds: time, key: nil, value: nil)
            try producer.produce(topic: topic, partition: zero, timestampMilliseconds: time, key: empty, value: empty)
            let headers = [
                RecordHeader(name: "a", value: [1, 2]), RecordHeader(name: "a", value: nil),
                RecordHeader(name: "empty", value: []),
            ]
            try withBytes("key") { key in
                try withBytes("value") { value in
                    try producer.produce(
                        topic: topic, partition: zero, timestampMilliseconds: time + 1, key: key,
                        value: value, headers: headers)
                }
            }
            try producer.produce(topic: topic, partition: zero, key: empty, value: nil, headers: headers)
            try producer.flush(timeoutMilliseconds: 10_000)
            #expect(producer.deliveredCount == 4)
            #expect(producer.failedCount == 0)

            let reader = try KafkaRecordReader(configuration: configuration)
            let read = try reader.read(
                topic: topic, partition: zero, from: Offset(0), maximum: 10, timeoutMilliseconds: 10_000)
            let test = try TestConsumer(configuration, .init(group: topic), topic: topic)
            try test.poll(until: "four records") { test.records.count == 4 }
            #expect(test.records == read)
            try test.consumer.close()

            try #require(read.count == 4)
            #expect(read.map(\.offset.rawValue) == [0, 1, 2, 3])
            #expect(read.map(\.value) == [nil, [], Array("value".utf8), nil])
            #expect(read.map(\.key) == [nil, [], Array("key".utf8), []])
            #expect(read[0].timestampMilliseconds == time)
            #expect(read[2].timestampMilliseconds == time + 1)
            #expect((1_700_000_000_000..<time).contains(read[3].timestampMilliseconds))
            #expect(read[0].headers.isEmpty)
            #expect(read[2].headers == headers)
            #expect(read[3].headers == headers)
        }
    }

    @Test func batchesOverSeveralPartitionsKeepTheirOrder() async throws {
        let (configuration, topic) = try await newTopic("order", partitions: 4)
        try await onThread {
            let producer = try KafkaProducer(configuration: configuration)
            for start in stride(from: 0, to: 5_000, by: 100) {
                for partition in 0..<4 {
                    try producer.produceNumbered(topic, Partition(Int32(partition)), start..<start + 100)
                }
            }
            try producer.flush(timeoutMilliseconds: 20_000)
            #expect(producer.deliveredCount == 20_000)

            // Partition 2 from an offset of its own.
            let test = try TestConsumer(
                configuration, .init(group: topic, reportsEndOfPartition: true), topic: topic,
                next: [Partition(2): Offset(4_990)])
            try test.poll(until: "the ends of four partitions") { test.recorder.ends.count == 4 }
            for partition in [0, 1, 3] {
                let own = test.records.filter { $0.partition == Partition(Int32(partition)) }
                #expect(own.map(\.offset.rawValue) == Array(0..<5_000))
                #expect(own.map(\.text) == (0..<5_000).map { String($0) })
            }
            #expect(test.offsets(Partition(2)) == Array(4_990..<5_000))
            #expect(test.recorder.ends[Partition(0)] == Offset(5_000))
            #expect(try test.consumer.position(Partition(2)) == Offset(5_000))
            #expect(test.consumer.cachedHighOffset(Partition(1)) == Offset(5_000))
            let ends = try test.consumer.watermarkOffsets(Partition(3), timeoutMilliseconds: 5_000)
            #expect(ends.low == Offset(0) && ends.high == Offset(5_000))
            #expect(try test.consumer.assignment().sorted() == (0..<4).map { Partition($0) })
            #expect(!test.consumer.assignmentLost)
            test.consumer.mirrorOffsets([(Partition(0), Offset(5_000)), (Partition(1), Offset(1))])
            try test.consumer.close()
            #expect(test.recorder.revocations.count == 1)
            #expect(test.recorder.revocations.first?.lost == false)
            #expect(!test.recorder.logs.contains { $0.hasPrefix("MIRROR") })
        }
    }

    @Test func theReaderReadsExactRanges() async throws {
        let (configuration, topic) = try await newTopic("reader", partitions: 2)
        try await onThread {
            let producer = try KafkaProducer(configuration: configuration, settings: .init(compression: .lz4))
            try producer.produceNumbered(topic, Partition(1), 0..<10_000)
            try producer.flush(timeoutMilliseconds: 20_000)
            let reader = try KafkaRecordReader(configuration: configuration)
            var offsets: [Int64] = []
            let count = try reader.forEach(topic: topic, partition: Partition(1), from: Offset(10), to: Offset(9_000)) {
                offsets.append($0.offset.rawValue)
            }
            #expect(count == 8_990)
            #expect(offsets == Array(10..<9_000))
            #expect(
                try reader.forEach(topic: topic, partition: Partition(1), from: Offset(0), to: Offset(10_000)) { _ in }
                    == 10_000)
            #expect(
                try reader.forEach(topic: topic, partition: Partition(1), from: Offset(5), to: Offset(5)) { _ in } == 0)
            let one = try reader.read(
                topic: topic, partition: Partition(1), from: Offset(77), maximum: 1, timeoutMilliseconds: 5_000)
            #expect(one.map(\.text) == ["77"])
            let none = try reader.read(
                topic: topic, partition: Partition(1), from: Offset(10_000), maximum: 1, timeoutMilliseconds: 5_000)
            #expect(none.isEmpty)
            let beyond = #expect(throws: KafkaError.self) {
                try reader.read(
                    topic: topic, partition: Partition(1), from: Offset(20_000), maximum: 1, timeoutMilliseconds: 5_000)
            }
            #expect(beyond?.code == .offsetReset)
            #expect(beyond?.partition == Partition(1))
            let stalled = #expect(throws: KafkaError.self) {
                try reader.forEach(
                    topic: topic, partition: Partition(1), from: Offset(9_990), to: Offset(10_001),
                    stallTimeoutMilliseconds: 300
                ) { _ in }
            }
            #expect(stalled?.code == .timedOut)
            #expect(stalled?.message.contains("10000") == true)
            struct Enough: Error {}
            #expect(throws: Enough.self) {
                try reader.forEach(topic: topic, partition: Partition(1), from: Offset(0), to: Offset(9_000)) { _ in
                    throw Enough()
                }
            }
            let unknown = #expect(throws: KafkaError.self) {
                try reader.read(
                    topic: topic + "_none", partition: Partition(0), from: Offset(0), maximum: 1,
                    timeoutMilliseconds: 5_000)
            }
            #expect(unknown?.topic == topic + "_none")
            #expect(unknown?.code == .unknownTopicOrPartition)
        }
    }

    @Test func aTopicGrowsAndItsRecordsAreRemoved() async throws {
        let (configuration, topic) = try await newTopic("grow", partitions: 1)
        try await onThread {
            let admin = try KafkaAdmin(configuration: configuration)
            let producer = try KafkaProducer(configuration: configuration)
            try producer.produceNumbered(topic, Partition(0), 0..<10)
            try producer.flush(timeoutMilliseconds: 10_000)
            try admin.deleteRecords(topic, Partition(0), before: Offset(4))
            let ends = try admin.watermarkOffsets(topic: topic, partition: Partition(0))
            #expect(ends.low == Offset(4) && ends.high == Offset(10))
            let refused = #expect(throws: KafkaError.self) {
                try admin.deleteRecords(topic, Partition(0), before: Offset(99))
            }
            #expect(refused?.code == .offsetOutOfRange && refused?.topic == topic)
            try admin.growTopic(topic, toPartitions: 3)
            #expect(try admin.partitionCount(topic) == 3)
            #expect(throws: KafkaError.self) { try admin.growTopic(topic, toPartitions: 2) }
        }
    }

    @Test func administration() async throws {
        let (configuration, topic) = try await newTopic("admin", partitions: 3)
        try await onThread {
            let admin = try KafkaAdmin(configuration: configuration)
            #expect(try admin.partitionCount(topic) == 3)
            let again = #expect(throws: KafkaError.self) { try admin.createTopic(topic, partitions: 3) }
            #expect(again?.code == .topicAlreadyExists)
            #expect(again?.topic == topic)
            let producer = try KafkaProducer(configuration: configuration)
            try producer.produceNumbered(topic, Partition(2), 0..<7)
            try producer.flush(timeoutMilliseconds: 10_000)
            #expect(try admin.watermarkOffsets(topic: topic).map(\.high.rawValue) == [0, 0, 7])
            try admin.deleteTopic(topic)
            let gone = #expect(throws: KafkaError.self) { try admin.partitionCount(topic) }
            #expect(gone?.code == .unknownTopicOrPartition)
            let late = #expect(throws: KafkaError.self) {
                try admin.waitUntilTopicExists(topic, timeoutMilliseconds: 200)
            }
            #expect(late?.code == .timedOut)
        }
    }
}
