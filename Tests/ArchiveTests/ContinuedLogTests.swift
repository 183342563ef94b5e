import Foundation
import Kafka
import Streams
import Testing

@testable import Archive

/// An archive, and a topic that goes on where it ends.
struct ContinuedLogTests {
    private let records = KeptRecord.varied(0..<500)

    /// An archive of offsets 0 to 299, in three segments.
    private func archived() throws -> (TemporaryArchive, ArchivedLog) {
        let archive = try TemporaryArchive()
        try archive.archive(ScriptedLog(records, start: 0, end: 500), 0, upTo: 300, every: 100)
        return (archive, try ArchivedLog(folder: archive.folder, topic: "events"))
    }

    @Test("From any offset to any other it gives what the topic alone gave", arguments: [0, 150, 260, 300])
    func sameAsTopic(topicStart: Int64) throws {
        let (archive, archived) = try archived()
        let log = try ContinuedLog(archive: archived, then: ScriptedLog(records, start: topicStart, end: 500))
        #expect(try log.bounds(of: Partition(0)) == LogBounds(start: Offset(0), end: Offset(500)))
        for start in stride(from: Int64(0), through: 500, by: 50) {
            for end in stride(from: start, through: 500, by: 25) {
                let found = try log.records(in: 0, from: start, to: end)
                #expect(found == Array(records[Int(start)..<Int(end)]))
            }
        }
        #expect(log.unverifiedPartitions == (topicStart == 300 ? [Partition(0)] : []))
        withExtendedLifetime(archive) {}
    }

    @Test("The archive may grow while it is read")
    func grows() throws {
        let (archive, archived) = try archived()
        let topic = ScriptedLog(records, start: 100, end: 500)
        let log = try ContinuedLog(archive: archived, then: topic)
        _ = try log.bounds(of: Partition(0))
        try archive.archive(topic, 0, upTo: 450, every: 100)
        #expect(try log.records(in: 0, from: 0, to: 500) == records)
        // The topic lets go of what is archived by now.
        topic.start = 440
        _ = try log.bounds(of: Partition(0))
        #expect(try log.records(in: 0, from: 0, to: 500) == records)
    }

    @Test("A topic that begins after the archive's end leaves a hole, which is named")
    func hole() throws {
        let (archive, archived) = try archived()
        let log = try ContinuedLog(archive: archived, then: ScriptedLog(records, start: 312, end: 500))
        for error in [
            archiveError { _ = try log.bounds(of: Partition(0)) },
            archiveError { _ = try log.records(in: 0, from: 0, to: 10) },
        ] {
            #expect(error?.code == .hole)
            #expect(
                error?.message.contains("offsets 300 to 311 are in neither") == true, "\(String(describing: error))")
        }
        withExtendedLifetime(archive) {}
    }

    @Test("A topic that ends before the archive does was made again")
    func shorter() throws {
        let (archive, archived) = try archived()
        let log = try ContinuedLog(archive: archived, then: ScriptedLog(records, start: 0, end: 299))
        let error = archiveError { _ = try log.bounds(of: Partition(0)) }
        #expect(error?.code == .otherTopic)
        #expect(error?.message.contains("ends at offset 299 and the topic already at 298") == true)
        withExtendedLifetime(archive) {}
    }

    @Test("A record that differs from the archived one in anything is of another topic", arguments: 0..<7)
    func differs(change: Int) throws {
        let (archive, archived) = try archived()
        var changed = records
        let at = 290 + change
        changed[at] = KeptRecord(offset: Int64(at), timestamp: 5, key: [1], value: [2], headers: [])
        let original = archive
        // The archive gets what the topic does not have.
        let second = try TemporaryArchive()
        try second.archive(ScriptedLog(changed, start: 0, end: 500), 0, upTo: 300, every: 150)
        switch change {
        case 0: changed[at].timestamp = 6
        case 1: changed[at].key = nil
        case 2: changed[at].key = []
        case 3: changed[at].value = [3]
        case 4: changed[at].value = nil
        case 5: changed[at].headers = [RecordHeader(name: "a", value: nil)]
        default: changed.remove(at: at)
        }
        let topic = ScriptedLog(changed, start: 0, end: 500)
        if change == 6 {
            // What the topic lacks may have been compacted: the others still prove it.
            let log = try ContinuedLog(
                archive: ArchivedLog(folder: second.folder, topic: "events"), then: topic)
            _ = try log.bounds(of: Partition(0))
            #expect(log.unverifiedPartitions.isEmpty)
        } else {
            let log = try ContinuedLog(
                archive: ArchivedLog(folder: second.folder, topic: "events"), then: topic)
            let error = archiveError { _ = try log.bounds(of: Partition(0)) }
            #expect(error?.code == .otherTopic)
            #expect(error?.message.contains("offset \(at), where the archived one is another one") == true)
        }
        withExtendedLifetime((original, archived)) {}
    }

    @Test("A record where the archive has none is of another topic")
    func added() throws {
        let archive = try TemporaryArchive()
        let missing = records.filter { $0.offset != 270 }
        try archive.archive(ScriptedLog(missing, start: 0, end: 500), 0, upTo: 300, every: 300)
        let log = try ContinuedLog(
            archive: ArchivedLog(folder: archive.folder, topic: "events"),
            then: ScriptedLog(records, start: 0, end: 500))
        let error = archiveError { _ = try log.bounds(of: Partition(0)) }
        #expect(error?.code == .otherTopic)
        #expect(error?.message.contains("offset 270, where the archive has none") == true)
    }

    @Test("Names that differ do not go together; partitions that are gone are another topic's")
    func names() throws {
        let (archive, archived) = try archived()
        #expect(
            archiveError {
                _ = try ContinuedLog(archive: archived, then: ScriptedLog([], topic: "other", start: 0, end: 0))
            }?.code == .invalidArgument)
        try archive.write([KeptRecord(offset: 0)], partition: 3)
        let log = try ContinuedLog(archive: archived, then: ScriptedLog(records, start: 0, end: 500))
        #expect(archiveError { _ = try log.partitions() }?.code == .otherTopic)
    }

    @Test("Over a real topic: archive alone, topic alone, and one continued in the other are equal in every byte")
    func overKafka() async throws {
        let (configuration, topic) = try await newTopic(partitions: 3)
        let now = Int64(Date().timeIntervalSince1970 * 1_000)
        try await onThread {
            // The third partition stays empty, the second is not archived.
            let producer = try KafkaProducer(configuration: configuration)
            for partition in [Int32(0), 1] {
                let records = KeptRecord.varied(0..<1_500, seed: UInt64(partition) + 7).map {
                    var record = $0
                    if record.timestamp > 0 { record.timestamp = now - 60_000 + record.timestamp % 10_000 }
                    return record
                }
                try producer.produce(records, to: topic, partition)
            }
            let kafka = try KafkaLog(topic: topic, configuration: configuration)
            let archive = try TemporaryArchive()
            try archive.archive(kafka, 0, upTo: 1_100, every: 250)
            let archived = try ArchivedLog(folder: archive.folder, topic: topic)
            let log = try ContinuedLog(archive: archived, then: kafka)
            #expect(try log.partitions() == kafka.partitions())
            #expect(try archived.partitions() == [Partition(0)])
            for partition in [Int32(0), 1, 2] {
                let bounds = try log.bounds(of: Partition(partition))
                #expect(try bounds == kafka.bounds(of: Partition(partition)))
                let (start, end) = (bounds.start.rawValue, bounds.end.rawValue)
                let expected = try kafka.records(in: partition, from: start, to: end)
                #expect(expected.count == (partition == 2 ? 0 : 1_500))
                #expect(try log.records(in: partition, from: start, to: end) == expected)
                if partition == 0 {
                    #expect(expected.contains { $0.headers.count == 4 } && expected.contains { $0.value == [] })
                    #expect(try archived.records(in: 0, from: 0, to: 1_100) == Array(expected[..<1_100]))
                    #expect(try log.records(in: 0, from: 1_099, to: 1_101) == Array(expected[1_099..<1_101]))
                }
            }
            #expect(log.unverifiedPartitions.isEmpty)
        }
    }
}
