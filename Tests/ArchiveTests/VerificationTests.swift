import Foundation
import Streams
import Testing

@testable import Archive

/// What `sluice archive verify` counts and finds.
struct VerificationTests {
    private func verify(_ archive: TemporaryArchive) throws -> (ArchiveVerification, [ArchiveError]) {
        var verification = ArchiveVerification()
        var faults: [ArchiveError] = []
        try archive.folder.verify(
            topic: "events", into: &verification, read: { _ in true }, fault: { faults.append($0) })
        return (verification, faults)
    }

    @Test("Everything is counted where nothing is wrong; an unfinished segment is none")
    func whole() throws {
        let archive = try TemporaryArchive()
        var bytes: Int64 = 0
        for first in [Int64(0), 100, 200] {
            let segment = try archive.write(KeptRecord.varied(first..<first + 100), blockBytes: 700)
            bytes += Int64(try Data(contentsOf: URL(filePath: segment.path)).count)
        }
        try Data([1]).write(to: URL(filePath: archive.path + "/events/0/00000000000000000300.partial"))
        let (verification, faults) = try verify(archive)
        #expect(faults.isEmpty)
        #expect(
            verification
                == {
                    var all = ArchiveVerification(); (all.segments, all.records, all.bytes) = (3, 300, bytes);
                    return all
                }())
    }

    @Test("Each fault is reported and the rest is read all the same")
    func faults() throws {
        let archive = try TemporaryArchive()
        var segments: [ArchivedSegment] = []
        for first in stride(from: Int64(0), to: 500, by: 100) {
            segments.append(try archive.write(KeptRecord.varied(first..<first + 100), blockBytes: 700))
        }
        var bytes = try Data(contentsOf: URL(filePath: segments[1].path))
        bytes[bytes.count / 2] ^= 0x10
        try bytes.write(to: URL(filePath: segments[1].path))
        try FileManager.default.removeItem(atPath: segments[3].path)
        for stranger in ["/events/notes.txt", "/events/0/core", "/events/0/7-9.segment"] {
            try Data().write(to: URL(filePath: archive.path + stranger))
        }
        try FileManager.default.createDirectory(atPath: archive.path + "/events/01", withIntermediateDirectories: true)
        let (verification, faults) = try verify(archive)
        #expect(verification.faults == faults.count)
        #expect(verification.segments == 4)
        #expect(verification.records == 300)
        let damaged = faults.filter { $0.code == .damaged }.compactMap(\.path).map { $0.dropFirst(archive.path.count) }
        #expect(
            Set(damaged)
                == Set([
                    "/events/01", "/events/notes.txt", "/events/0/core", "/events/0/7-9.segment",
                    segments[1].path.dropFirst(archive.path.count),
                ]))
        let holes = faults.filter { $0.code == .hole }
        #expect(holes.count == 1 && holes[0].message.contains("offsets 300 to 399"))
    }
}
