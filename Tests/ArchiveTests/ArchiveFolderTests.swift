import Foundation
import Streams
import Testing

@testable import Archive

/// Names, order, holes, locks and retention.
struct ArchiveFolderTests {
    @Test(
        "Names that Kafka does not allow are refused as parts of a path",
        arguments: ["", ".", "..", "a/b", "../x", "a b", "ü", String(repeating: "a", count: 250), "a\u{0}"])
    func illegalTopics(name: String) throws {
        let archive = try TemporaryArchive()
        #expect(archiveError { _ = try archive.folder.prepare(topic: name) }?.code == .invalidArgument)
        #expect(archiveError { _ = try archive.folder.partitions(of: name) }?.code == .invalidArgument)
        #expect(archiveError { _ = try ArchivedLog(folder: archive.folder, topic: name) }?.code == .invalidArgument)
        #expect(try FileManager.default.contentsOfDirectory(atPath: archive.path).isEmpty)
    }

    @Test(
        "Names that Kafka allows are folders of this name",
        arguments: ["...", "a", "_A-9.z", String(repeating: "a", count: 249)])
    func legalTopics(name: String) throws {
        let archive = try TemporaryArchive()
        try archive.write(KeptRecord.varied(0..<3), topic: name, partition: 12)
        #expect(try archive.folder.topics() == [name])
        #expect(try archive.folder.partitions(of: name) == [Partition(12)])
    }

    @Test("Segments are found by offset, in the order of their offsets")
    func order() throws {
        let archive = try TemporaryArchive()
        for first in stride(from: Int64(0), to: 1_200, by: 100) {
            try archive.write(KeptRecord.varied([first + 50]), first: first, last: first + 99)
        }
        let segments = try archive.folder.segments(of: "events", Partition(0))
        #expect(segments.map(\.first.rawValue) == Array(stride(from: 0, to: 1_200, by: 100)))
        #expect(
            try archive.folder.bounds(of: "events", Partition(0)) == LogBounds(start: Offset(0), end: Offset(1_200)))
        for (offset, first) in [(0, 0), (99, 0), (100, 100), (1_199, 1_100)] as [(Int64, Int64)] {
            #expect(
                try archive.folder.segment(of: "events", Partition(0), covering: Offset(offset))?.first == Offset(first)
            )
        }
        #expect(try archive.folder.segment(of: "events", Partition(0), covering: Offset(1_200)) == nil)
        #expect(try archive.folder.bounds(of: "events", Partition(1)) == nil)
    }

    @Test("A hole between segments is an error that names it, and so is an overlap")
    func holes() throws {
        let archive = try TemporaryArchive()
        try archive.write(KeptRecord.varied(0..<10))
        let middle = try archive.write(KeptRecord.varied(10..<20))
        try archive.write(KeptRecord.varied(20..<30))
        let log = try ArchivedLog(folder: archive.folder, topic: "events")
        try FileManager.default.moveItem(atPath: middle.path, toPath: archive.path + "/aside")
        for body in [
            { _ = try log.bounds(of: Partition(0)) }, { _ = try archive.folder.segments(of: "events", Partition(0)) },
            { _ = try ArchivedLog(folder: archive.folder, topic: "events").records(in: 0, from: 0, to: 5) },
        ] {
            let error = archiveError(body)
            #expect(error?.code == .hole)
            #expect(error?.message.contains("offsets 10 to 19") == true, "\(String(describing: error))")
        }
        try archive.write(KeptRecord.varied(8..<20))
        let error = archiveError { _ = try log.bounds(of: Partition(0)) }
        #expect(error?.code == .overlap)
        #expect(error?.message.contains("offsets 8 to 9") == true)
    }

    @Test(
        "Offsets that are not archived are an error that says what is",
        arguments: [(0, 5), (9, 12), (15, 31), (40, 41)])
    func outside(range: (Int64, Int64)) throws {
        let archive = try TemporaryArchive()
        try archive.write(KeptRecord.varied(10..<30))
        let log = try ArchivedLog(folder: archive.folder, topic: "events")
        let error = archiveError { _ = try log.records(in: 0, from: range.0, to: range.1) }
        #expect(error?.code == .notArchived)
        #expect(error?.message.contains("10 to 29") == true)
        #expect(archiveError { _ = try log.bounds(of: Partition(3)) }?.code == .notArchived)
    }

    @Test("A segment is never replaced")
    func replaced() throws {
        let archive = try TemporaryArchive()
        let segment = try archive.write(KeptRecord.varied(0..<10))
        let before = try Data(contentsOf: URL(filePath: segment.path))
        #expect(archiveError { try archive.write(KeptRecord.varied(0..<10, seed: 2)) }?.code == .alreadyThere)
        #expect(try Data(contentsOf: URL(filePath: segment.path)) == before)
    }

    @Test("What was not finished is no segment, and is thrown away by the next writer")
    func unfinished() throws {
        let archive = try TemporaryArchive()
        try archive.write(KeptRecord.varied(0..<10))
        do {
            let prepared = try archive.folder.prepare(topic: "events")
            let writer = try archive.folder.startSegment(
                of: "events", Partition(0), first: Offset(10), compressor: SegmentCompressor(), blockBytes: 50)
            for record in KeptRecord.varied(10..<40) {
                try record.withRecord(Partition(0)) { try writer.append($0, headers: record.headers) }
            }
            withExtendedLifetime(prepared.lock) {}
        }
        let folder = archive.path + "/events/0"
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
        #expect(try archive.folder.bounds(of: "events", Partition(0))?.end == Offset(10))
        let prepared = try archive.folder.prepare(topic: "events")
        #expect(prepared.leftovers == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
    }

    @Test("One process at a time has a topic; other topics are free")
    func locked() throws {
        let archive = try TemporaryArchive()
        do {
            let first = try archive.folder.prepare(topic: "events")
            let error = archiveError { _ = try archive.folder.prepare(topic: "events") }
            #expect(error?.code == .locked)
            #expect(error?.path == archive.path + "/events/.lock")
            _ = try archive.folder.prepare(topic: "other")
            withExtendedLifetime(first.lock) {}
        }
        _ = try archive.folder.prepare(topic: "events")
    }

    @Test("Who is refused the lock closes its file once, and no file of another thread")
    func refusedOnce() async throws {
        let archive = try TemporaryArchive()
        let first = try archive.folder.prepare(topic: "events")
        let folder = archive.folder
        await withTaskGroup(of: Int.self) { group in
            // Its descriptor would often be the one that was closed a moment ago.
            for _ in 0..<2 {
                group.addTask {
                    (0..<100_000).count { _ in
                        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
                        return close(descriptor) != 0
                    }
                }
            }
            group.addTask {
                (0..<5_000).count { _ in archiveError { _ = try folder.prepare(topic: "events") }?.code != .locked }
            }
            for await lost in group { #expect(lost == 0) }
        }
        withExtendedLifetime(first.lock) {}
    }

    @Test("A folder that is not there is not made: its file system may not be mounted")
    func missing() throws {
        let archive = try TemporaryArchive()
        let missing = ArchiveFolder(archive.path + "/none")
        #expect(archiveError { _ = try missing.prepare(topic: "events") }?.code == .fileSystem)
        #expect(archiveError { _ = try missing.topics() }?.code == .notArchived)
        #expect(archiveError { _ = try archive.folder.partitions(of: "events") }?.code == .notArchived)
        try Data().write(to: URL(filePath: archive.path + "/events"))
        #expect(archiveError { _ = try archive.folder.prepare(topic: "events") }?.code == .fileSystem)
    }

    @Test("Retention removes the oldest segments first, none behind a younger one, and never the last")
    func retention() throws {
        let archive = try TemporaryArchive()
        // The second has no timestamps; the fourth is younger than the one behind it.
        for (index, timestamp) in ([100, -1, 300, 900, 400, 500] as [Int64]).enumerated() {
            let first = Int64(index) * 10
            try archive.write([KeptRecord(offset: first, timestamp: timestamp)], first: first, last: first + 9)
        }
        func remove(_ limit: Int64) throws -> [Int64] {
            try archive.folder.removeSegments(of: "events", Partition(0), olderThanUnixMilliseconds: limit)
                .map(\.first.rawValue)
        }
        func left() throws -> [Int64] {
            try archive.folder.segments(of: "events", Partition(0)).map(\.first.rawValue)
        }
        #expect(try remove(100).isEmpty)
        #expect(try remove(101) == [0])
        #expect(try remove(300).isEmpty)
        #expect(try remove(600) == [10, 20])
        #expect(try left() == [30, 40, 50])
        #expect(try remove(.max) == [30, 40])
        #expect(try left() == [50])
        #expect(try remove(.max).isEmpty)
    }
}
