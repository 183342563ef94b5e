import Foundation
import Glibc
import LocalServers
import Streams
import Testing

/// `sluice progress set` with the real service: a partition that stands still goes on, a rewind gives the same
/// results, an owner at work cannot overwrite either, and what would be wrong is refused.
@Suite(.serialized)
struct ProgressSetTests {
    private static let start: Int64 = 1_790_000_000_000

    private func clicks(_ ids: Range<UInt64>, partition: Int32 = 0) -> [ProducedRecord] {
        ids.map { .click($0, partition: partition, at: Self.start + Int64($0)) }
    }

    /// A scenario whose service has applied clicks 0 to 99 of partition 0 and has ended.
    private func withAppliedHundred(_ body: (Scenario) async throws -> Void) async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            try await scenario.produce(clicks(0..<100))
            let first = try scenario.start("a")
            try await scenario.untilCaughtUp()
            #expect(try await first.terminate() == .exited(0))
            try await body(scenario)
        }
    }

    /// Starts the service; the partition must stop for this reason, with a message that holds the command to give.
    private func expectStopped(_ scenario: Scenario, _ reason: String, _ parts: String...) async throws {
        let process = try scenario.start("a")
        let line = try await process.waitFor("partition stopped")
        #expect(line["reason"] == reason)
        let explanation = line["explanation"] ?? ""
        let command =
            "sluice progress set --schema-prefix \(scenario.prefix) --job \(scenario.job) --topic \(scenario.topic) --partition 0"
        for part in ["\(scenario.topic)/0: ", command] + parts { #expect(explanation.contains(part), "\(explanation)") }
        #expect(try await process.terminate() == .exited(0))
    }

    private func total(_ scenario: Scenario) throws -> Int64? {
        try scenario.database.number("SELECT sum(clicks) FROM \(scenario.minute)")
    }

    private func expectGoesOn(_ scenario: Scenario, clicks: Int64) async throws {
        // Twice: what the command wrote and what the service makes of it both stand a restart.
        for _ in 0..<2 {
            let process = try scenario.start("a")
            try await process.waitFor("started")
            try await scenario.untilCaughtUp()
            #expect(try await process.terminate() == .exited(0))
            #expect(process.logged("partition stopped").isEmpty)
            #expect(try total(scenario) == clicks)
        }
    }

    // pitfall: retention-overtakes
    @Test("records_gone: the gap is accepted, and the partition goes on behind it")
    func acceptedGap() async throws {
        try await withAppliedHundred { scenario in
            try await scenario.produce(clicks(100..<160))
            try await scenario.removeRecords(before: 130)
            try await expectStopped(scenario, "records_gone", "offsets 100 to 129 were removed", "--accept-gap-to 130")
            let shown = try await scenario.setProgress(0, ["--accept-gap-to", "130", "--dry-run"])
            #expect(shown.status.isSuccess, "\(shown)")
            for part in ["given up for good: offsets 100 to 129, 30 of them", "has none", "nothing was changed"] {
                #expect(shown.standardOutput.contains(part), "\(shown.standardOutput)")
            }
            #expect(try await scenario.changes().isEmpty)
            try await scenario.expectSet(0, ["--accept-gap-to", "130"], reason: "ticket 4711, \"lost\"")
            try await expectGoesOn(scenario, clicks: 130)
            #expect(try scenario.database.number("SELECT skipped_offsets FROM \(scenario.progress)") == 30)
            let change = try #require(try await scenario.changes().first)
            for part in [
                "\(scenario.topic),0,1,", "accept_gap,100,130,", ",130,160,", "\"ticket 4711, \"\"lost\"\"\"", "@",
            ] {
                #expect(change.contains(part), "\(change)")
            }
        }
    }

    @Test("log_truncated: the log goes on at its end, and what was written since is applied")
    func acceptedTruncation() async throws {
        try await withAppliedHundred { scenario in
            // The same first records, byte for byte: an unclean election lost the last forty.
            try await scenario.replaceTopic(with: clicks(0..<60))
            try await expectStopped(
                scenario, "log_truncated", "the log ends at 60", "records up to 99", "--accept-truncation-at 60")
            try await scenario.produce(clicks(500..<520))
            try await scenario.expectSet(0, ["--accept-truncation-at", "60"])
            try await expectGoesOn(scenario, clicks: 120)
            // Nobody can prove the lost forty any more: a rewind would lose them.
            let rewind = try await scenario.setProgress(0, ["--rewind", "--yes"])
            #expect(rewind.status == .exited(2), "\(rewind)")
            #expect(rewind.standardError.contains("this log does not hold"), "\(rewind.standardError)")
            #expect(try total(scenario) == 120)
        }
    }

    @Test("log_replaced: the new topic is read from its beginning, and repeats of the old one count")
    func acceptedNewLog() async throws {
        try await withAppliedHundred { scenario in
            try await scenario.replaceTopic(with: clicks(50..<250))
            try await expectStopped(scenario, "log_replaced", "the record at offset 99", "--new-log-from OFFSET")
            let gap = try await scenario.setProgress(0, ["--accept-gap-to", "150", "--yes"])
            #expect(gap.status == .exited(2) && gap.standardError.contains("this is no gap"), "\(gap)")
            try await scenario.expectSet(0, ["--new-log-from", "0"])
            try await expectGoesOn(scenario, clicks: 300)
        }
    }

    // pitfall: operations-reset-leaves-outputs
    @Test("A rewind gives the same rows and letters byte for byte, and no letter that was sent again is sent twice")
    func rewind() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.generate(events: 10_000, seed: 71)
            let first = try scenario.start("a")
            try await scenario.untilCaughtUp()
            let place = try #require(
                try scenario.database.text(
                    "SELECT partition || ':' || record_offset FROM \(scenario.deadLetters) ORDER BY 1 LIMIT 1"))
            let partition = try #require(Int32(place.prefix { $0 != ":" }))
            func redrive() async throws -> Scenario.CommandResult {
                try await scenario.sluice(
                    ["dead-letters", "redrive", place, "--kafka-brokers", scenario.brokers, "--topic", scenario.topic]
                        + scenario.installation)
            }
            #expect(try await redrive().status.isSuccess)
            try await scenario.untilCaughtUp()
            #expect(try await first.terminate() == .exited(0))
            let before = try scenario.everything()

            let shown = try await scenario.setProgress(partition, ["--rewind", "--dry-run"])
            #expect(shown.status.isSuccess, "\(shown)")
            for part in [
                "spend.minute_by_partition", "sluice.dead_letter", "EUR", "applied again from 0 on",
                "1 of its dead letters had been SENT AGAIN",
            ] {
                #expect(shown.standardOutput.contains(part), "\(shown.standardOutput)")
            }
            #expect(try scenario.everything() == before)
            let nanos = try scenario.database.text(
                """
                SELECT sum(spend_nanos) FROM "\(scenario.prefix)spend".minute_by_partition
                WHERE source_partition = \(partition)
                """)
            try await scenario.expectSet(partition, ["--rewind"])
            #expect(
                try scenario.database.number(
                    """
                    SELECT (SELECT count(*) FROM \(scenario.deadLetters) WHERE partition = \(partition)) + count(*)
                    FROM "\(scenario.prefix)spend".minute_by_partition WHERE source_partition = \(partition)
                    """) == 0)
            #expect(
                try scenario.database.text(
                    """
                    SELECT sum((item->>'nanos')::numeric)
                    FROM "\(scenario.prefix)sluice".progress_change, jsonb_array_elements(removed) AS item
                    """) == nanos)

            let second = try scenario.start("a")
            try await scenario.untilCaughtUp()
            #expect(try scenario.everything() == before)
            let again = try await redrive()
            #expect(again.standardOutput.contains("it has been re-driven before"), "\(again)")
            #expect(try await second.terminate() == .exited(0))
        }
    }

    @Test("An owner at work is fenced: its checkpoint on its way writes nothing over the change, and it goes on there")
    func fencesAnOwnerAtWork() async throws {
        try await withProxies(1, partitions: 1) { scenario, proxies in
            try await scenario.createTopic()
            try await scenario.produce(clicks(0..<100))
            let process = try scenario.start(
                "a", session: "6s", postgres: proxies[0].connectionString(scenario.postgres))
            try await scenario.untilCaughtUp()
            proxies[0].arm(.holdAtBegin)
            try await scenario.produce(clicks(100..<200))
            try await until("a checkpoint is on its way") { proxies[0].held == 1 }
            try await scenario.expectSet(0, ["--rewind"])
            #expect(try total(scenario) == nil)
            proxies[0].release()
            let refused = try await process.waitFor("commit refused: the partition has another owner")
            #expect(refused["partition"] == "0")
            // By itself, after twice the session timeout.
            try await process.waitFor("partition goes on")
            try await scenario.untilCaughtUp()
            #expect(try total(scenario) == 200)
            #expect(try scenario.applied() == 200)
            #expect(try await process.terminate() == .exited(0))
        }
    }

    @Test("Of two commands at once one is carried out; the other says what has changed")
    func oneOfTwo() async throws {
        try await withAppliedHundred { scenario in
            try await scenario.produce(clicks(100..<200))
            let results = try await withThrowingTaskGroup(of: Scenario.CommandResult.self) { group in
                for offset in [150, 160] {
                    group.addTask {
                        try await scenario.setProgress(
                            0, ["--accept-gap-to", "\(offset)", "--expect-epoch", "1", "--yes"])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.filter { $0.status.isSuccess }.count == 1, "\(results)")
            let loser = try #require(results.first { !$0.status.isSuccess })
            #expect(loser.status == .exited(2))
            let text = loser.standardError
            #expect(text.contains("the epoch is 2, not 1") || text.contains("nothing was changed"), "\(text)")
            #expect(try await scenario.changes().count == 1)
        }
    }

    @Test("On a terminal it asks, and only yes is yes", arguments: [("no", false), ("", false), ("yes", true)])
    func asksOnATerminal(answer: String, isDone: Bool) async throws {
        try await withAppliedHundred { scenario in
            // util-linux's script gives the command a terminal, and passes the answer on to it.
            let command = "$0 progress set --topic $1 --job $1 --schema-prefix $2 --partition 0 --rewind --reason asked"
            let result = try await ChildProcess.run(
                .init(
                    "/bin/sh",
                    [
                        "-c", "printf '\(answer)\\n' | script -qec \"\(command)\" /dev/null",
                        Binaries.release + "/sluice", scenario.topic, scenario.prefix,
                    ],
                    environment: [
                        "SLUICE_POSTGRES": scenario.postgres, "SLUICE_KAFKA_BROKERS": scenario.brokers,
                    ]))
            #expect(result.standardOutput.contains("Type yes to go on: "), "\(result)")
            #expect(result.status == .exited(isDone ? 0 : 130), "\(result)")
            #expect(try total(scenario) == (isDone ? nil : 100))
            #expect(try await scenario.changes().count == (isDone ? 1 : 0))
        }
    }

    @Test("A log that loses its beginning while the question stands is not rewound to it")
    func looksAtTheLogAgain() async throws {
        try await withAppliedHundred { scenario in
            let folder = scenario.folder.path(percentEncoded: false)
            let command = "$0 progress set --topic $1 --job $1 --schema-prefix $2 --partition 0 --rewind --reason asked"
            // The answer is given once the question stands in the terminal's transcript and the test says so.
            let answer = """
                until grep -q 'Type yes' $3/transcript 2>/dev/null; do sleep 0.05; done; touch $3/asked
                until [ -e $3/go ]; do sleep 0.05; done; echo yes
                """
            let process = Task {
                try await ChildProcess.run(
                    .init(
                        "/usr/bin/timeout",
                        [
                            "300", "/bin/sh", "-c", "(\(answer)) | script -qefc \"\(command)\" $3/transcript",
                            Binaries.release + "/sluice", scenario.topic, scenario.prefix, folder,
                        ],
                        environment: [
                            "SLUICE_POSTGRES": scenario.postgres, "SLUICE_KAFKA_BROKERS": scenario.brokers,
                        ]))
            }
            try await until("it asks") { FileManager.default.fileExists(atPath: folder + "/asked") }
            try await scenario.removeRecords(before: 1)
            #expect(FileManager.default.createFile(atPath: folder + "/go", contents: nil))
            let result = try await process.value
            #expect(result.status == .exited(2), "\(result)")
            #expect(result.standardOutput.contains("the log begins at 1, but the results hold"), "\(result)")
            #expect(try total(scenario) == 100)
            #expect(try await scenario.changes().isEmpty)
        }
    }

    @Test("What would leave wrong results, or is not known, is refused in words")
    func refusals() async throws {
        try await withAppliedHundred { scenario in
            let topic = scenario.topic
            let cases: [(flags: [String], parts: [String])] = [
                (["--accept-gap-to", "101", "--yes"], ["\(topic)/0", "beyond the log's end", "100"]),
                (["--accept-gap-to", "40", "--yes"], ["lies before the next one, 100", "--rewind"]),
                (["--accept-truncation-at", "40", "--yes"], ["nothing shows that the log was cut off", "--rewind"]),
                (["--new-log-from", "0", "--yes"], ["this is not another log", "offset 99"]),
                (["--rewind", "--expect-epoch", "7", "--yes"], ["the epoch is 1, not 7"]),
                (["--rewind"], ["no terminal", "--dry-run"]),
                (["--yes"], ["exactly one of"]),
                (["--rewind", "--forget-ids", "--yes"], ["exactly one of"]),
                (["--accept-gap-to=-5", "--yes"], ["0 or above"]),
            ]
            for (flags, parts) in cases {
                let result = try await scenario.setProgress(0, flags)
                #expect(result.status == .exited(2), "\(flags): \(result)")
                for part in parts { #expect(result.standardError.contains(part), "\(flags): \(result.standardError)") }
            }
            let unknownPartition = try await scenario.setProgress(7, ["--rewind", "--yes"])
            #expect(unknownPartition.status == .exited(2))
            #expect(unknownPartition.standardError.contains("no progress of \(topic)/7; it has of \(topic) (0)"))
            let unknownJob = try await scenario.setProgress(0, ["--rewind", "--yes"], job: "nobody")
            #expect(unknownJob.status == .exited(2))
            #expect(unknownJob.standardError.contains("jobs here: \(scenario.job)"), "\(unknownJob)")
            let noReason = try await scenario.setProgress(0, ["--rewind", "--yes"], reason: "  ")
            #expect(noReason.status == .exited(2) && noReason.standardError.contains("--reason"))
            let noKafka = try await scenario.setProgress(
                0, ["--rewind", "--yes", "--kafka-brokers", "127.0.0.1:1"])
            #expect(noKafka.status == .exited(3), "\(noKafka)")
            #expect(noKafka.standardError.contains("Kafka does not say"), "\(noKafka.standardError)")
            // The log's first records are gone: a rewind would lose what they came to.
            try await scenario.removeRecords(before: 10)
            let rewind = try await scenario.setProgress(0, ["--rewind", "--yes"])
            #expect(rewind.status == .exited(2))
            #expect(rewind.standardError.contains("begins at 10, but the results hold records from 0 on"), "\(rewind)")
            let below = try await scenario.setProgress(0, ["--accept-gap-to", "5", "--yes"])
            #expect(
                below.status == .exited(2) && below.standardError.contains("before the log's beginning"), "\(below)")

            #expect(try await scenario.changes().isEmpty)
            #expect(try scenario.database.number("SELECT epoch FROM \(scenario.progress)") == 1)
            #expect(try total(scenario) == 100)
            for format in ["table", "json"] {
                let empty = try await scenario.sluice(
                    ["progress", "history", "--format", format] + scenario.installation)
                #expect(empty.status.isSuccess, "\(empty)")
            }
        }
    }
}
