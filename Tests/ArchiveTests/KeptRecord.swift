import Archive
import Foundation
import Streams

/// A record that a test keeps, to compare what comes back with.
struct KeptRecord: Equatable, Sendable {
    var offset: Int64
    var timestamp: Int64 = 1_700_000_000_000
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [RecordHeader] = []

    /// The record for the time of the call.
    func withRecord<R>(_ partition: Partition, _ body: (Record) throws -> R) rethrows -> R {
        try Self.withBytes(key) { key in
            try Self.withBytes(value) { value in
                try body(
                    Record(
                        partition: partition, offset: Offset(offset), timestampMilliseconds: timestamp,
                        keyStart: key?.baseAddress, keyCount: key?.count ?? 0, valueStart: value?.baseAddress,
                        valueCount: value?.count ?? 0))
            }
        }
    }

    /// An empty array has a start as well: nil would be null.
    private static func withBytes<R>(
        _ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws -> R
    ) rethrows -> R {
        guard let bytes else { return try body(nil) }
        return try (bytes + [0]).withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
    }
}

extension KeptRecord {
    init(_ record: Record, headers: [RecordHeader]) {
        self.init(
            offset: record.offset.rawValue, timestamp: record.timestampMilliseconds,
            key: record.key.map { [UInt8]($0) }, value: record.value.map { [UInt8]($0) }, headers: headers)
    }

    /// Records with every kind of content in turn, at the given offsets.
    static func varied(_ offsets: some Sequence<Int64>, seed: UInt64 = 1) -> [KeptRecord] {
        var state = seed
        func number() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        return offsets.map { offset in
            let kind = number() % 8
            let bytes = (0..<Int(number() % 90)).map { _ in UInt8(truncatingIfNeeded: number()) }
            var record = KeptRecord(offset: offset, timestamp: 1_700_000_000_000 + Int64(number() % 10_000))
            record.key = kind == 0 ? nil : kind == 1 ? [] : Array("\(number() % 1_000)".utf8)
            record.value = kind == 2 ? nil : kind == 3 ? [] : bytes
            if kind == 4 { record.timestamp = -1 }
            if kind == 5 {
                record.headers = [
                    RecordHeader(name: "trace", value: bytes), RecordHeader(name: "", value: nil),
                    RecordHeader(name: "empty", value: []), RecordHeader(name: "trace", value: [0]),
                ]
            }
            return record
        }
    }
}

/// A folder of its own that goes with the object.
final class TemporaryArchive {
    let path: String
    var folder: ArchiveFolder { ArchiveFolder(path) }

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/sluice-archive-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes one segment.
    @discardableResult
    func write(
        _ records: [KeptRecord], topic: String = "events", partition: Int32 = 0, first: Int64? = nil,
        last: Int64? = nil,
        blockBytes: Int = 512 << 10
    ) throws -> ArchivedSegment {
        let prepared = try folder.prepare(topic: topic)
        defer { withExtendedLifetime(prepared.lock) {} }
        let writer = try folder.startSegment(
            of: topic, Partition(partition), first: Offset(first ?? records[0].offset),
            compressor: SegmentCompressor(), blockBytes: blockBytes)
        for record in records {
            try record.withRecord(Partition(partition)) { try writer.append($0, headers: record.headers) }
        }
        return try writer.finish(last: Offset(last ?? records[records.count - 1].offset))
    }
}

extension ArchivedSegment {
    func read() throws -> [KeptRecord] {
        let reader = try SegmentReader(self)
        var records: [KeptRecord] = []
        while let record = try reader.next() { records.append(KeptRecord(record, headers: reader.headers)) }
        return records
    }
}

extension PartitionedLog {
    func records(in partition: Int32, from start: Int64, to end: Int64) throws -> [KeptRecord] {
        var records: [KeptRecord] = []
        let count = try forEach(in: Partition(partition), from: Offset(start), to: Offset(end)) { record in
            records.append(KeptRecord(record, headers: headers(of: record)))
        }
        precondition(count == records.count)
        return records
    }
}

/// The error of the archive that a call ends with.
func archiveError(_ body: () throws -> Void) -> ArchiveError? {
    do { try body() } catch { return error as? ArchiveError }
    return nil
}
