import Archive
import Foundation
import Streams

/// What it costs to write events into segments and to read them back, on one thread and a folder of this machine.
struct ArchiveCosts {
    var cuts: Int
    var recordsPerCut: Int

    private static let topic = "benchmark"

    func print(from source: inout EventSource, partitions: Int) throws {
        let path = FileManager.default.temporaryDirectory.path + "/sluice-archive-benchmark-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = ArchiveFolder(path)
        let written = try write(to: folder, from: &source, partitions: partitions)
        let log = try ArchivedLog(folder: folder, topic: Self.topic)
        // The first pass makes the buffers as large as they get.
        _ = try read(log)
        let passes = try (0..<5).map { _ in try read(log) }
        let expected = cuts * recordsPerCut
        guard passes.allSatisfy({ $0.records == expected && $0.payload == written.payload }) else {
            throw ArchiveError(.damaged, "not every record came back: nothing was measured")
        }
        let records = Double(expected)
        let seconds = Spread(passes.map { $0.seconds * 1e6 / records })
        var lines = [
            "stage                         archive",
            "records                       \(expected) of \((Double(written.payload) / records).text(1)) bytes in "
                + "\(written.segments) segments",
            "written, CPU-s per million    \((written.seconds * 1e6 / records).text(3))",
            "bytes a record: in segments, before compression  \((Double(written.fileBytes) / records).text(1)), "
                + (Double(written.rawBytes) / records).text(1),
            "read, CPU-s per million (min/median/max)         \(seconds)",
            "records/s a core (median)     \((1e6 / seconds.median).text(0))",
            "times real time of 50,000 events/s  \((1e6 / seconds.median / 50_000).text(1))",
            "records/s by the clock (median)     \(Spread(passes.map { records / $0.elapsed }).median.text(0))",
            "resident now, peak (MiB)      \(Measures.residentBytes().now >> 20), \(Measures.residentBytes().peak >> 20)",
        ]
        if Measures.threadAllocations != nil {
            let spread = Spread(passes.map { Double($0.allocations) })
            lines.append("allocations: a pass           \(spread.median.text(0))")
        }
        Swift.print(lines.joined(separator: "\n") + "\n")
    }

    private struct Written {
        var seconds = 0.0
        var payload = 0
        var segments = 0
        var rawBytes = 0
        var fileBytes = 0
    }

    private func write(
        to folder: ArchiveFolder, from source: inout EventSource, partitions: Int
    ) throws -> Written {
        let chunk = Chunk(partitions: partitions)
        let prepared = try folder.prepare(topic: Self.topic)
        defer { withExtendedLifetime(prepared.lock) {} }
        let compressor = SegmentCompressor()
        var written = Written()
        for _ in 0..<cuts {
            let starts = chunk.nextOffsets
            chunk.fill(recordsPerCut, from: &source)
            written.payload += chunk.payloadBytes
            let before = Measures.threadSeconds()
            let writers = try starts.enumerated().map { partition, start in
                try folder.startSegment(
                    of: Self.topic, Partition(Int32(partition)), first: Offset(start), compressor: compressor)
            }
            for record in chunk.records { try writers[Int(record.partition.rawValue)].append(record) }
            for writer in writers where writer.recordCount > 0 {
                _ = try writer.finish(last: writer.next.previous)
                written.segments += 1
                written.rawBytes += writer.uncompressedByteCount
                written.fileBytes += writer.fileByteCount
            }
            written.seconds += Measures.threadSeconds() - before
        }
        return written
    }

    private func read(
        _ log: ArchivedLog
    ) throws -> (records: Int, payload: Int, seconds: Double, elapsed: Double, allocations: Int) {
        let clock = ContinuousClock()
        let began = clock.now
        let allocationsBefore = Measures.threadAllocations?() ?? 0
        let before = Measures.threadSeconds()
        var records = 0
        var payload = 0
        for partition in try log.partitions() {
            let bounds = try log.bounds(of: partition)
            records += try log.forEach(in: partition, from: bounds.start, to: bounds.end) { record in
                payload += record.value?.count ?? 0
            }
        }
        let seconds = Measures.threadSeconds() - before
        let elapsed = (clock.now - began).components
        return (
            records, payload, seconds, Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18,
            Int((Measures.threadAllocations?() ?? 0) - allocationsBefore)
        )
    }
}
