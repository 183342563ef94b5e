import Archive
import Foundation
import Kafka
import LocalServers
import Reconciliation
import Streams
import Testing

/// Reconciling over an archive: alone, continued in Kafka, behind what retention removed, and with an event taken out of it.
@Suite(.serialized)
struct ArchivedReconciliationTests {
    private static let events = 12_000

    /// A job that has applied a generated log, and the archive of that log.
    private func withArchivedJob(_ body: (Scenario) async throws -> Void) async throws {
        try await withScenario(partitions: 2) { scenario in
            try scenario.makeArchive()
            try await scenario.generate(events: Self.events, seed: 61)
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            try await process.terminate()
            let archiver = try scenario.startArchiver()
            try await scenario.untilArchived()
            try await archiver.terminate()
            try await body(scenario)
        }
    }

    private func reconcile(
        _ scenario: Scenario, _ flags: [String]
    ) async throws -> (status: ChildProcess.ExitStatus, report: ReconciliationReport?, text: String) {
        let json = scenario.folder.appending(path: "\(UUID().uuidString).json").path(percentEncoded: false)
        let result = try await scenario.sluice(["reconcile", "--json", json] + scenario.installation + flags)
        let text = try? String(contentsOfFile: json, encoding: .utf8)
        return (
            result.status, try text.map { try ReconciliationReport(json: $0) },
            result.standardOutput + result.standardError
        )
    }

    @Test(
        "Over the topic, over the archive, and over an archive that goes on in Kafka: the same figures, byte for byte")
    func sameFigures() async throws {
        try await withArchivedJob { scenario in
            // More events than the archive has.
            try await scenario.startStream(events: 3_000, seed: 62, appends: true).end()
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            try await process.terminate()
            let kafka = ["--kafka-brokers", scenario.brokers]
            let topic = try await reconcile(scenario, kafka)
            #expect(topic.status == .exited(0), "\(topic.text)")
            let continued = try await reconcile(scenario, kafka + ["--archive", scenario.archive])
            #expect(continued.status == .exited(0), "\(continued.text)")
            let (first, second) = (try #require(topic.report), try #require(continued.report))
            #expect(try first.figures() == second.figures())
            #expect(first.id == second.id)
            #expect(first.scope.source != second.scope.source)
            // The archive alone ends before the results do: that is no match and no mismatch.
            let alone = try await reconcile(scenario, ["--archive", scenario.archive, "--archive-only"])
            #expect(alone.status == .exited(4), "\(alone.text)")
            #expect(alone.report?.verdict == .couldNotCompare)
            #expect(alone.text.contains("could not reconcile: "), "\(alone.text)")
            let archiver = try scenario.startArchiver()
            try await scenario.untilArchived()
            try await archiver.terminate()
            let whole = try await reconcile(scenario, ["--archive", scenario.archive, "--archive-only"])
            #expect(whole.status == .exited(0), "\(whole.text)")
            #expect(try #require(whole.report).figures() == first.figures())
        }
    }

    @Test(
        "Where retention has removed the beginning: refused without an archive, proven with one"
    )
    func retention() async throws {
        try await withArchivedJob { scenario in
            for partition in Int32(0)..<2 { try await scenario.removeRecords(partition, before: 500) }
            let kafka = ["--kafka-brokers", scenario.brokers]
            let without = try await reconcile(scenario, kafka)
            #expect(without.status == .exited(4), "\(without.text)")
            #expect(without.text.contains("the log begins at offset 500"), "\(without.text)")
            #expect(without.text.contains("--archive"), "\(without.text)")
            let with = try await reconcile(scenario, kafka + ["--archive", scenario.archive])
            #expect(with.status == .exited(0), "\(with.text)")
            #expect(with.report?.scope.records == Int64(Self.events))
        }
    }

    @Test("An event that was taken out of the archive is missing there, and its offset is named")
    func removedFromArchive() async throws {
        try await withArchivedJob { scenario in
            let removed = try rewriteWithoutOneRecord(scenario)
            let verified = try await scenario.verifyArchive()
            #expect(verified.isWhole, "whoever rewrites a segment gives it new checksums: \(verified.verdict)")
            let result = try await reconcile(
                scenario, ["--archive", scenario.archive, "--archive-only", "--show", "1000"])
            #expect(result.status == .exited(1), "\(result.text)")
            let report = try #require(result.report)
            let named = report.differences.filter {
                $0.class == .missingEvent && $0.events.contains { $0.partition == 0 && $0.offset == removed }
            }
            #expect(!named.isEmpty, "\(report.differences.prefix(3))")
            // The topic still has it.
            let topic = try await reconcile(scenario, ["--kafka-brokers", scenario.brokers])
            #expect(topic.status == .exited(0), "\(topic.text)")
        }
    }

    /// Writes the first segment of partition 0 anew, whole but for one record in its middle.
    private func rewriteWithoutOneRecord(_ scenario: Scenario) throws -> Int64 {
        let folder = ArchiveFolder(scenario.archive)
        let partition = Partition(0)
        let segment = try #require(try folder.segments(of: scenario.topic, partition).first)
        let log = try ArchivedLog(folder: folder, topic: scenario.topic)
        let removed = Offset((segment.first.rawValue + segment.last.rawValue) / 2)
        let aside = scenario.folder.appending(path: "aside").path(percentEncoded: false)
        try FileManager.default.createDirectory(atPath: aside, withIntermediateDirectories: true)
        let other = ArchiveFolder(aside)
        let (lock, _) = try other.prepare(topic: scenario.topic)
        defer { withExtendedLifetime(lock) {} }
        let writer = try other.startSegment(
            of: scenario.topic, partition, first: segment.first, compressor: SegmentCompressor(level: 3))
        try log.forEach(in: partition, from: segment.first, to: segment.last.next) { record in
            if record.offset != removed { try writer.append(record) }
        }
        let written = try writer.finish(last: segment.last)
        try FileManager.default.removeItem(atPath: segment.path)
        try FileManager.default.copyItem(atPath: written.path, toPath: segment.path)
        return removed.rawValue
    }
}
