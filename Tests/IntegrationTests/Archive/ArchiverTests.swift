import Foundation
import Kafka
import LocalServers
import Streams
import Testing

/// The archiver as a process: killed, doubled, stopped, and over topics that are not what they were.
@Suite(.serialized)
struct ArchiverTests {
    @Test("Killed again and again while records come, it archives each record exactly once")
    func killed() async throws {
        try await withScenario(partitions: 3) { scenario in
            try scenario.makeArchive()
            try await scenario.createTopic()
            var random = SeededRandom(seed: 77)
            let stream = try scenario.startStream(events: 48_000, rate: 6_000, seed: 77)
            var kills = 0
            while stream.process.exitStatus == nil {
                let archiver = try scenario.startArchiver(age: "150ms", flags: ["--segment-bytes", "48kB"])
                try await archiver.waitFor("partition is followed")
                try await Task.sleep(for: .milliseconds(Int(random.next() % 700)))
                try await archiver.kill()
                kills += 1
            }
            try await stream.end()
            #expect(kills > 5)
            let last = try scenario.startArchiver()
            try await scenario.untilArchived()
            #expect(try await last.terminate() == .exited(0))
            let verification = try await scenario.verifyArchive()
            #expect(verification.isWhole, "\(verification.verdict)")
            let archived = try await scenario.archived()
            let ends = try await LogReader.ends(scenario)
            #expect(archived.reduce(0) { $0 + $1.records } == 48_000)
            #expect(archived.allSatisfy { $0.first_offset == 0 && $0.last_offset + 1 == ends[$0.partition] })
            try await scenario.expectArchiveEqualsTopic()
        }
    }

    @Test("SIGTERM finishes the open segments; the next process goes on behind them")
    func drained() async throws {
        try await withScenario(partitions: 2) { scenario in
            try scenario.makeArchive()
            try await scenario.generate(events: 4_000, seed: 3)
            let first = try scenario.startArchiver(age: "1h")
            try await until("everything is read") {
                let lag = try await first.metric("sluice_archive_lag_records")
                let age = try await first.metric("sluice_archive_lag_seconds") ?? 0
                return lag == 4_000 && age > 0
            }
            #expect(try await scenario.archived().isEmpty)
            #expect(try await first.terminate() == .exited(0))
            #expect(try await scenario.archived().map(\.segments) == [1, 1])
            try await scenario.startStream(events: 1_000, seed: 4, appends: true).end()
            let second = try scenario.startArchiver()
            try await scenario.untilArchived()
            #expect(second.logged("partition is followed").count == 2)
            #expect(try await second.metric("sluice_archive_records_total") == 1_000)
            #expect(try await second.terminate() == .exited(0))
            try await scenario.expectArchiveEqualsTopic()
        }
    }

    @Test("Null and empty keys and payloads, headers and transactions are archived as they are")
    func contents() async throws {
        try await withScenario(partitions: 1) { scenario in
            try scenario.makeArchive()
            try await scenario.createTopic()
            let now = Int64(Date().timeIntervalSince1970 * 1_000)
            let records = [
                ProducedRecord(timestampMilliseconds: now, key: nil, value: nil),
                ProducedRecord(timestampMilliseconds: now - 5, key: [], value: []),
                ProducedRecord(
                    timestampMilliseconds: now + 5, key: [1], value: [2],
                    headers: [RecordHeader(name: "a", value: nil), RecordHeader(name: "a", value: [])]),
            ]
            // Each transaction ends with a marker, which takes an offset of its own.
            try await scenario.produce(records, transaction: true)
            try await scenario.produce(records, transaction: true)
            let archiver = try scenario.startArchiver()
            try await scenario.untilArchived()
            #expect(
                try await scenario.archived() == [
                    .init(partition: 0, segments: 1, first_offset: 0, last_offset: 7, records: 6)
                ])
            #expect(try await archiver.metric("sluice_archive_skipped_offsets_total") == 2)
            #expect(try await archiver.terminate() == .exited(0))
            try await scenario.expectArchiveEqualsTopic()
            // The markers are covered: a log whose records are all gone leaves no hole.
            let (kafka, topic) = (scenario.kafka, scenario.topic)
            try await onThread {
                try KafkaAdmin(configuration: kafka).deleteRecords(topic, Partition(0), before: Offset(8))
            }
            let again = try scenario.startArchiver()
            try await again.waitFor("nothing proves that this is the topic that was archived")
            try await again.waitFor("partition is followed")
            #expect(try await again.terminate() == .exited(0))
        }
    }

    @Test(
        "A topic that was made again stops it with the offsets, and the archive stays as it is", arguments: [50, 150])
    func madeAgain(count: Int) async throws {
        try await withScenario(partitions: 1) { scenario in
            try scenario.makeArchive()
            try await scenario.createTopic()
            func clicks(_ count: Int, firstID: UInt64) -> [ProducedRecord] {
                (0..<count).map { .click(firstID + UInt64($0), at: Int64(Date().timeIntervalSince1970 * 1_000)) }
            }
            try await scenario.produce(clicks(100, firstID: 1))
            let first = try scenario.startArchiver()
            try await scenario.untilArchived()
            try await first.terminate()
            try await scenario.replaceTopic(with: clicks(count, firstID: 1_000))
            let before = try await scenario.archived()
            let check = try await ChildProcess.run(
                .init(Binaries.release + "/archiver", scenario.archiverArguments("check")))
            #expect(check.status == .exited(5), "\(check)")
            let second = try scenario.startArchiver()
            #expect(try await second.ends() == .exited(5))
            let error = try #require(second.logged("stopped by an error").first?["error"])
            #expect(error.contains("other_topic") && error.contains("move this topic's folder out of the archive"))
            #expect(
                error.contains(count < 100 ? "ends at offset 99 and the topic already at 49" : "record at offset 0"),
                "\(error)")
            #expect(try await scenario.archived() == before)
        }
    }

    @Test("Records that retention took before they were archived stop it with the offsets that are missing")
    func gap() async throws {
        try await withScenario(partitions: 1) { scenario in
            try scenario.makeArchive()
            try await scenario.generate(events: 500, seed: 5)
            let first = try scenario.startArchiver()
            try await scenario.untilArchived()
            try await first.terminate()
            try await scenario.startStream(events: 500, seed: 6, appends: true).end()
            let (kafka, topic) = (scenario.kafka, scenario.topic)
            try await onThread {
                try KafkaAdmin(configuration: kafka).deleteRecords(topic, Partition(0), before: Offset(620))
            }
            let second = try scenario.startArchiver()
            #expect(try await second.ends() == .exited(5))
            let error = try #require(second.logged("stopped by an error").first?["error"])
            #expect(error.contains("offsets 500 to 619 are in neither"), "\(error)")
        }
    }

    @Test("A second archiver of the same topic ends at once; the first goes on")
    func locked() async throws {
        try await withScenario(partitions: 1) { scenario in
            try scenario.makeArchive()
            try await scenario.createTopic()
            let first = try scenario.startArchiver()
            try await first.waitFor("partition is followed")
            let second = try scenario.startArchiver()
            #expect(try await second.ends() == .exited(4))
            #expect(second.logged("stopped by an error").first?["error"]?.contains("another process writes") == true)
            try await scenario.startStream(events: 100, seed: 1, appends: true).end()
            try await scenario.untilArchived()
            #expect(try await first.terminate() == .exited(0))
        }
    }

    @Test("A partition that appears is archived from its beginning")
    func grown() async throws {
        try await withScenario(partitions: 1) { scenario in
            try scenario.makeArchive()
            try await scenario.createTopic()
            try await scenario.produce([.click(1, at: Int64(Date().timeIntervalSince1970 * 1_000))])
            let archiver = try scenario.startArchiver()
            try await archiver.waitFor("partition is followed")
            let (kafka, topic) = (scenario.kafka, scenario.topic)
            try await onThread { try KafkaAdmin(configuration: kafka).growTopic(topic, toPartitions: 2) }
            try await scenario.produce([.click(2, partition: 1, at: Int64(Date().timeIntervalSince1970 * 1_000))])
            try await scenario.untilArchived()
            #expect(try await scenario.archived().map(\.records) == [1, 1])
            #expect(try await archiver.terminate() == .exited(0))
        }
    }

    @Test("A disk that is full, and a folder that is missing or no folder, are errors that say so; then it goes on")
    func disk() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.generate(events: 20_000, seed: 8)
            let noFolder = try scenario.startArchiver()
            #expect(try await noFolder.ends() == .exited(3))
            #expect(noFolder.logged("stopped by an error").first?["error"]?.contains("there is no such folder") == true)
            try scenario.makeArchive()
            let file = scenario.archive + "/" + scenario.topic
            try Data().write(to: URL(filePath: file))
            let inTheWay = try scenario.startArchiver()
            #expect(try await inTheWay.ends() == .exited(3))
            #expect(inTheWay.logged("stopped by an error").first?["error"]?.contains("it is no folder") == true)
            try FileManager.default.removeItem(atPath: file)

            let full = try scenario.startArchiver(fileBlocks: 200)
            #expect(try await full.ends() == .exited(3))
            let error = try #require(full.logged("stopped by an error").first?["error"])
            #expect(error.contains("cannot write to it") && error.contains(".partial"), "\(error)")
            #expect(try await scenario.archived().isEmpty)

            let free = try scenario.startArchiver()
            try await free.waitFor("unfinished segments removed")
            try await scenario.untilArchived()
            #expect(try await free.terminate() == .exited(0))
            #expect(try await scenario.verifyArchive().isWhole)
        }
    }

    @Test("Retention removes whole segments that are older, the oldest first, and leaves the last one")
    func retention() async throws {
        try await withScenario(partitions: 1) { scenario in
            try scenario.makeArchive()
            try await scenario.createTopic()
            let now = Int64(Date().timeIntervalSince1970 * 1_000)
            let hours: [Int64] = [9, 8, 1, 7, 0]
            for (index, age) in hours.enumerated() {
                try await scenario.produce([.click(UInt64(index) + 1, at: now - age * 3_600_000 - 1_000)])
                let one = try scenario.startArchiver()
                try await scenario.untilArchived()
                #expect(try await one.terminate() == .exited(0))
            }
            #expect(try await scenario.archived().map(\.segments) == [5])
            let cleaner = try scenario.startArchiver(flags: ["--retention", "6h"])
            try await until("the old ones are gone") { try await scenario.archived()[0].segments == 3 }
            #expect(cleaner.logged("segment removed by retention").map { $0["first"] } == ["0", "1"])
            #expect(try await cleaner.metric("sluice_archive_segments_removed_total") == 2)
            #expect(try await cleaner.terminate() == .exited(0))
            #expect(try await scenario.archived()[0].first_offset == 2)
            #expect(try await scenario.verifyArchive().isWhole)
        }
    }

    @Test("A broker that goes away is waited for; readiness says so, and nothing is lost or twice")
    func outage() async throws {
        try await withLocalBroker { broker in
            try await withScenario(partitions: 2, brokers: broker.brokers) { scenario in
                try scenario.makeArchive()
                try await scenario.generate(events: 3_000, seed: 9)
                let archiver = try scenario.startArchiver(age: "1s")
                try await scenario.untilArchived()
                try await scenario.startStream(events: 3_000, seed: 10, appends: true).end()
                try await broker.stop()
                try await archiver.waitFor("Kafka does not answer")
                #expect(try await archiver.get("/healthz/ready").status == 503)
                try await startAgain { try await broker.start() }
                try await until("it is ready") { try await archiver.get("/healthz/ready").status == 200 }
                try await scenario.untilArchived()
                #expect(try await archiver.terminate() == .exited(0))
                #expect(try await scenario.archived().reduce(0) { $0 + $1.records } == 6_000)
                try await scenario.expectArchiveEqualsTopic()
            }
        }
    }

    @Test("check shows what holds and changes nothing; explain needs no servers")
    func commands() async throws {
        try await withScenario(partitions: 2) { scenario in
            try scenario.makeArchive()
            try await scenario.createTopic()
            func run(_ arguments: [String]) async throws -> (ChildProcess.ExitStatus, String) {
                let result = try await ChildProcess.run(.init(Binaries.release + "/archiver", arguments))
                return (result.status, result.standardOutput + result.standardError)
            }
            let (good, text) = try await run(scenario.archiverArguments("check"))
            #expect(good == .exited(0), "\(text)")
            #expect(text.contains("archive: ok, ") && text.contains("has 2 partitions"))
            #expect(text.contains("seam: ok, nothing is archived yet"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: scenario.archive).isEmpty)
            let (explained, explanation) = try await run(["explain", "--retention", "400d"])
            #expect(explained == .exited(0))
            #expect(explanation.contains("older than 9600 h"))
            for (arguments, part) in [
                (["run", "--kafka-brokers", "b:1"], "archive.folder is required"),
                (["run", "--archive-folder", "/tmp"], "kafka.brokers is required"),
                (["explain", "--retention", "10m"], "at least 1h"),
                (["explain", "--segment-bytes", "lots"], "segment.bytes"),
                (
                    [
                        "run", "--archive-folder", scenario.archive, "--kafka-brokers", scenario.brokers,
                        "--kafka-topic", "../x",
                    ]
                        + ["--admin-port", "0"], "cannot be the name of a topic"
                ),
            ] {
                let (status, text) = try await run(arguments)
                #expect(status == .exited(2), "\(text)")
                #expect(text.contains(part), "\(text)")
            }
        }
    }
}
