import Foundation
import Kafka
import LocalServers
import Streams
import Testing

/// `sluice archive`: what is listed, checked and replayed.
@Suite(.serialized)
struct ReplayTests {
    /// A minute of records, one a second in each of two partitions, all archived.
    private func withArchive(_ body: (Scenario, _ start: Int64) async throws -> Void) async throws {
        try await withScenario(partitions: 2) { scenario in
            try scenario.makeArchive()
            try await scenario.createTopic()
            let start = (Int64(Date().timeIntervalSince1970) - 300) * 1_000
            var records: [ProducedRecord] = []
            for second in Int64(0)..<60 {
                for partition in Int32(0)..<2 {
                    records.append(
                        .click(
                            UInt64(second * 2) + UInt64(partition) + 1, partition: partition, at: start + second * 1_000
                        ))
                }
            }
            try await scenario.produce(records)
            let archiver = try scenario.startArchiver(flags: ["--segment-bytes", "1KiB"])
            try await scenario.untilArchived()
            #expect(try await archiver.terminate() == .exited(0))
            try await body(scenario, start)
        }
    }

    private func target(_ scenario: Scenario, partitions: Int = 2) async throws -> String {
        let (kafka, name) = (scenario.kafka, TestServers.uniqueName("replayed"))
        try await onThread { try KafkaAdmin(configuration: kafka).createTopic(name, partitions: partitions) }
        return name
    }

    private func replay(
        _ scenario: Scenario, to target: String, _ flags: [String] = []
    ) async throws -> (status: ChildProcess.ExitStatus, text: String) {
        let result = try await scenario.sluice(
            [
                "archive", "replay", "--archive-folder", scenario.archive, "--topic", scenario.topic, "--to-topic",
                target,
            ]
                + ["--kafka-brokers", scenario.brokers, "--quiet"] + flags)
        return (result.status, result.standardOutput + result.standardError)
    }

    @Test("A range of time or of offsets is replayed, no record more and none less")
    func ranges() async throws {
        try await withArchive { scenario, start in
            func time(_ second: Int64) -> String {
                Date(timeIntervalSince1970: Double(start) / 1_000 + Double(second)).ISO8601Format()
            }
            let byTime = try await target(scenario)
            var result = try await replay(scenario, to: byTime, ["--from", time(10), "--to", time(25)])
            #expect(result.status == .exited(0), "\(result)")
            #expect(result.text.contains("30 records of"))
            for records in try await scenario.records(of: byTime) {
                #expect(records.map(\.timestampMilliseconds) == (10..<25).map { start + $0 * 1_000 })
            }
            let byOffset = try await target(scenario)
            result = try await replay(
                scenario, to: byOffset, ["--partition", "1", "--from-offset", "50", "--to-offset", "58"])
            #expect(result.status == .exited(0), "\(result)")
            #expect(try await scenario.records(of: byOffset).map(\.count) == [0, 8])
            // What has records is not written to again by mistake.
            result = try await replay(scenario, to: byOffset, [])
            #expect(result.status == .exited(2) && result.text.contains("has records already"), "\(result)")
            result = try await replay(scenario, to: byOffset, ["--append", "--partition", "0"])
            #expect(result.status == .exited(0))
            #expect(try await scenario.records(of: byOffset).map(\.count) == [60, 8])
        }
    }

    @Test("At a speed, the records' own time decides when they are sent; interrupted, it says how far it came")
    func speed() async throws {
        try await withArchive { scenario, _ in
            let paced = try await target(scenario)
            let began = ContinuousClock.now
            var result = try await replay(scenario, to: paced, ["--speed", "20"])
            #expect(result.status == .exited(0), "\(result)")
            // 59 s from the first record to the last.
            #expect(ContinuousClock.now - began >= .milliseconds(2_950))
            #expect(try await scenario.records(of: paced).map(\.count) == [60, 60])

            let slow = try await target(scenario)
            let process = try scenario.spawn(
                Binaries.release + "/sluice",
                [
                    "archive", "replay", "--archive-folder", scenario.archive, "--topic", scenario.topic, "--to-topic",
                    slow,
                ]
                    + ["--kafka-brokers", scenario.brokers, "--speed", "2", "--quiet"], environment: [:])
            try await until("some are sent") { try await scenario.records(of: slow)[0].count >= 2 }
            process.signal(SIGINT)
            #expect(try await process.wait(timeout: .seconds(20)) == .exited(130))
            let counts = try await scenario.records(of: slow).map(\.count)
            #expect(counts[0] < 60)
            let said = process.lines.joined(separator: "\n")
            #expect(said.contains("interrupted; \(counts[0] + counts[1]) records are in \(slow)"), "\(said)")
            #expect(said.contains("partition 0 up to archived offset \(counts[0] - 1)"), "\(said)")
            result = try await replay(
                scenario, to: slow, ["--append", "--partition", "0", "--from-offset", "\(counts[0])"])
            #expect(try await scenario.records(of: slow)[0].count == 60)
        }
    }

    @Test("What cannot be replayed is said before anything is sent")
    func refusals() async throws {
        try await withArchive { scenario, _ in
            let narrow = try await target(scenario, partitions: 1)
            for (flags, part) in [
                ([], "has 1 partitions"), (["--from-offset", "3"], "give --partition"), (["--speed", "0"], "above 0"),
                (["--from", "yesterday"], "not \"yesterday\""), (["--from", "now+1h"], "no archived record"),
                (["--partition", "7"], "no archived record"),
                (["--partition", "0", "--to-offset", "61"], "offsets 0 to 60 were asked"),
            ] as [([String], String)] {
                let result = try await replay(scenario, to: narrow, flags)
                #expect(result.status == .exited(2), "\(result)")
                #expect(result.text.contains(part), "\(result)")
            }
            let none = try await replay(scenario, to: "no-such-topic")
            #expect(none.status == .exited(2) && none.text.contains("sluice topics create"), "\(none)")
            #expect(try await scenario.records(of: narrow).map(\.count) == [0])
        }
    }

    @Test("verify names each fault and ends with 1; list stops at a hole with its offsets")
    func faults() async throws {
        try await withArchive { scenario, _ in
            let whole = try await scenario.verifyArchive()
            #expect(whole.isWhole && whole.verdict.contains(" 120 records, ") && whole.verdict.hasSuffix("no fault"))
            let folder = scenario.archive + "/\(scenario.topic)/0/"
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            try #require(names.count >= 3)
            var bytes = try Data(contentsOf: URL(filePath: folder + names[0]))
            bytes[bytes.count - 60] ^= 1
            try bytes.write(to: URL(filePath: folder + names[0]))
            try FileManager.default.removeItem(atPath: folder + names[1])
            let result = try await scenario.sluice([
                "archive", "verify", "--archive-folder", scenario.archive, "--topic", scenario.topic,
            ])
            #expect(result.status == .exited(1), "\(result)")
            #expect(result.standardOutput.contains(names[0]) && result.standardOutput.contains("are in no segment"))
            #expect(result.standardOutput.contains(", 2 faults"))
            let list = try await scenario.sluice(["archive", "list", "--archive-folder", scenario.archive])
            #expect(list.status == .exited(3) && list.standardError.contains("are in no segment"), "\(list)")
            let missing = try await scenario.sluice(["archive", "list", "--archive-folder", "/nonexistent"])
            #expect(missing.status == .exited(2) && missing.standardError.contains("there is no such folder"))
            let unnamed = try await scenario.sluice(["archive", "list"])
            #expect(unnamed.status == .exited(2) && unnamed.standardError.contains("--archive-folder"))
        }
    }
}
