import Foundation
import Streams
import Testing

@testable import Archive

/// One segment: what goes in comes out, and what was changed or cut off is noticed.
struct SegmentFormatTests {
    @Test(
        "Key, payload and headers come back as they were: null, empty, and bytes; timestamps as well",
        arguments: [100, 4_000, 1 << 20])
    func roundTrip(blockBytes: Int) throws {
        let archive = try TemporaryArchive()
        // With offsets that the log has no record at.
        let offsets = (0..<Int64(2_000)).filter { $0 % 7 != 3 && !(500..<620).contains($0) }
        let records = KeptRecord.varied(offsets)
        let segment = try archive.write(records, first: 0, last: 2_004, blockBytes: blockBytes)
        #expect(try segment.read() == records)
        let header = try SegmentReader(segment).header
        #expect(header.recordCount == Int64(records.count))
        #expect(header.first == Offset(0) && header.last == Offset(2_004))
        let timestamps = records.map(\.timestamp).filter { $0 >= 0 }
        #expect(header.lowestTimestampMilliseconds == timestamps.min())
        #expect(header.highestTimestampMilliseconds == timestamps.max())
        #expect(segment.path.hasSuffix("/events/0/00000000000000000000-00000000000000002004.segment"))
    }

    @Test("The extremes of a timestamp and of an offset come back")
    func extremes() throws {
        let archive = try TemporaryArchive()
        let first = Int64.max - 5
        let records = [Int64.min, .max, -1, 0, .min].enumerated().map {
            KeptRecord(
                offset: first + Int64($0), timestamp: $1, key: [UInt8](repeating: 7, count: 3_000_000), value: nil)
        }
        let segment = try archive.write(Array(records.dropLast()), last: .max - 1)
        #expect(try segment.read() == Array(records.dropLast()))
    }

    @Test("A segment may cover offsets without any record")
    func empty() throws {
        let archive = try TemporaryArchive()
        let segment = try archive.write([], first: 40, last: 41)
        #expect(try segment.read().isEmpty)
        #expect(try SegmentReader(segment).header.highestTimestampMilliseconds == -1)
    }

    @Test("Reading may begin at any offset")
    func skipping() throws {
        let archive = try TemporaryArchive()
        let records = KeptRecord.varied(stride(from: 10, to: 100, by: 3))
        try archive.write(records, first: 8, last: 110, blockBytes: 500)
        let log = try ArchivedLog(folder: archive.folder, topic: "events")
        for start in Int64(8)...111 {
            let found = try log.records(in: 0, from: start, to: 111)
            #expect(found == records.filter { $0.offset >= start })
        }
        #expect(try log.records(in: 0, from: 20, to: 50) == records.filter { (20..<50).contains($0.offset) })
    }

    @Test("A file that was cut off at any byte is damaged")
    func truncated() throws {
        let archive = try TemporaryArchive()
        let records = KeptRecord.varied(0..<20)
        let segment = try archive.write(records, blockBytes: 300)
        let bytes = try Data(contentsOf: URL(filePath: segment.path))
        for count in 0..<bytes.count {
            try bytes.prefix(count).write(to: URL(filePath: segment.path))
            let error = archiveError { _ = try segment.read() }
            #expect(error?.code == .damaged, "\(count) of \(bytes.count) bytes: \(String(describing: error))")
            #expect(error?.path == segment.path)
        }
        // And so is one with something behind its end.
        try (bytes + Data([0])).write(to: URL(filePath: segment.path))
        #expect(archiveError { _ = try segment.read() }?.code == .damaged)
        try (bytes + bytes).write(to: URL(filePath: segment.path))
        #expect(archiveError { _ = try segment.read() }?.code == .damaged)
    }

    @Test("A file in which any one bit is another is damaged")
    func flipped() throws {
        let archive = try TemporaryArchive()
        let segment = try archive.write(KeptRecord.varied(0..<8), blockBytes: 300)
        let bytes = try Data(contentsOf: URL(filePath: segment.path))
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                try changed.write(to: URL(filePath: segment.path))
                let error = archiveError { _ = try segment.read() }
                #expect(error?.code == .damaged, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test("Blocks that are left out, doubled or put in another order are noticed, though each one holds")
    func blocks() throws {
        let archive = try TemporaryArchive()
        let segment = try archive.write(KeptRecord.varied(0..<300), blockBytes: 1_000)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: segment.path)))
        let header = SegmentHeader.byteCount(topic: "events")
        var blocks: [ArraySlice<UInt8>] = []
        var place = header
        while place < bytes.count - SegmentFormat.footerBytes {
            let count = bytes.withUnsafeBytes { Int($0.littleEndian(at: place + 4, as: UInt32.self)) }
            blocks.append(bytes[place..<(place + SegmentFormat.blockHeaderBytes + count)])
            place += SegmentFormat.blockHeaderBytes + count
        }
        #expect(blocks.count > 3)
        /// With a footer whose own fields fit.
        func rewrite(_ blocks: [ArraySlice<UInt8>]) throws {
            let body = blocks.flatMap { $0 }
            let footer = bytes.suffix(SegmentFormat.footerBytes)
            let old = try footer.withUnsafeBytes { try SegmentFooter($0) }
            var fresh = old
            fresh.blocksByteCount = Int64(body.count)
            try Data(bytes[..<header] + body + fresh.encoded()).write(to: URL(filePath: segment.path))
        }
        for changed in [Array(blocks.dropFirst()), Array(blocks.dropLast()), [blocks[0]] + blocks, blocks.reversed()] {
            try rewrite(changed)
            #expect(archiveError { _ = try segment.read() }?.code == .damaged)
        }
        try rewrite(blocks)
        #expect(try segment.read() == KeptRecord.varied(0..<300))
    }

    @Test("A block of another segment is noticed, though it fits and holds by itself")
    func foreignBlock() throws {
        func records(_ byte: UInt8) -> [KeptRecord] {
            (0..<100).map { KeptRecord(offset: $0, key: nil, value: [UInt8](repeating: byte, count: 40)) }
        }
        let (one, other) = (try TemporaryArchive(), try TemporaryArchive())
        let segment = try one.write(records(1), blockBytes: 1_000)
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: segment.path)))
        let foreign = [UInt8](
            try Data(contentsOf: URL(filePath: try other.write(records(2), blockBytes: 1_000).path)))
        try #require(bytes.count == foreign.count)
        let start = SegmentHeader.byteCount(topic: "events")
        let count = bytes.withUnsafeBytes { Int($0.littleEndian(at: start + 4, as: UInt32.self)) }
        let end = start + SegmentFormat.blockHeaderBytes + count
        try #require(bytes[..<start] == foreign[..<start] && bytes[start..<end] != foreign[start..<end])
        bytes.replaceSubrange(start..<end, with: foreign[start..<end])
        try Data(bytes).write(to: URL(filePath: segment.path))
        let error = archiveError { _ = try segment.read() }
        #expect(error?.message.contains("the checksum of the whole file does not hold") == true)
    }

    @Test("A file under another name, in another partition or of another topic is damaged")
    func misplaced() throws {
        let archive = try TemporaryArchive()
        let segment = try archive.write(KeptRecord.varied(5..<9))
        try archive.write(KeptRecord.varied(5..<9), topic: "other", partition: 1)
        let renamed = segment.path.replacing("0005-", with: "0006-")
        try FileManager.default.moveItem(atPath: segment.path, toPath: renamed)
        let found = try archive.folder.segments(of: "events", Partition(0))[0]
        #expect(archiveError { _ = try found.read() }?.message.contains("it was given another name") == true)
        let elsewhere = archive.path + "/other/1/00000000000000000005-00000000000000000008.segment"
        try FileManager.default.removeItem(atPath: elsewhere)
        try FileManager.default.copyItem(atPath: renamed, toPath: elsewhere)
        let other = try archive.folder.segments(of: "other", Partition(1))[0]
        #expect(archiveError { _ = try other.read() }?.message.contains("events/0") == true)
    }

    @Test("A length that a header makes up is refused before anything is allocated for it")
    func limits() throws {
        func block(_ change: (inout BlockHeader) -> Void) -> ArchiveError? {
            var header = BlockHeader(
                compressedCount: 10, rawCount: 50, recordCount: 2, first: Offset(1), last: Offset(2), dataChecksum: 0)
            change(&header)
            return archiveError { _ = try header.encoded().bytes.withUnsafeBytes { try BlockHeader.decode($0) } }
        }
        #expect(block { _ in } == nil)
        #expect(block { $0.rawCount = SegmentFormat.blockMaximumBytes + 1 } != nil)
        #expect(block { $0.compressedCount = SegmentFormat.blockMaximumBytes + 1 } != nil)
        #expect(block { $0.recordCount = 11 } != nil)
        #expect(block { $0.recordCount = 3 } != nil)
        #expect(block { $0.recordCount = 0 } != nil)
        #expect(block { $0.last = Offset(0) } != nil)
    }

    @Test("A record that is larger than a block may be is refused, with its offset")
    func tooLarge() throws {
        let archive = try TemporaryArchive()
        let prepared = try archive.folder.prepare(topic: "events")
        let writer = try archive.folder.startSegment(
            of: "events", Partition(0), first: Offset(7), compressor: SegmentCompressor())
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: SegmentFormat.blockMaximumBytes, alignment: 1)
        defer { bytes.deallocate() }
        let record = Record(
            partition: Partition(0), offset: Offset(7), timestampMilliseconds: 0, keyStart: nil, keyCount: 0,
            valueStart: UnsafeRawPointer(bytes.baseAddress!), valueCount: bytes.count)
        let error = archiveError { try writer.append(record) }
        #expect(error?.code == .tooLarge)
        #expect(error?.message.contains("offset 7") == true)
        withExtendedLifetime(prepared.lock) {}
    }

    @Test("Offsets that do not ascend are refused")
    func descending() throws {
        let archive = try TemporaryArchive()
        #expect(archiveError { try archive.write(KeptRecord.varied([5, 5])) }?.code == .invalidArgument)
        #expect(archiveError { try archive.write(KeptRecord.varied([5]), first: 6) }?.code == .invalidArgument)
        #expect(
            archiveError { try archive.write(KeptRecord.varied([5, 9]), first: 4, last: 8) }?.code == .invalidArgument)
    }

    @Test("The checksum is CRC-32C (RFC 3720, B.4)")
    func checksum() {
        func sum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes(Checksum.of) }
        #expect(sum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(sum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(sum(Array(0..<32)) == 0x46DD_794E)
        #expect(sum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(sum([]) == 0)
        // In parts of any length it is the same.
        let all = (0..<100).map { UInt8($0) }
        for cut in 0...100 {
            var checksum = Checksum()
            all[..<cut].withUnsafeBytes { checksum.update($0) }
            all[cut...].withUnsafeBytes { checksum.update($0) }
            #expect(checksum.value == sum(all))
        }
    }
}
