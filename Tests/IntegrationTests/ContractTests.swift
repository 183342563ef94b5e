import Foundation
import LocalServers
import Streams
import Testing

/// What the guarantee assumes of the records, on the running service: each assumption holds, and what happens beyond
/// it is what `explain` says.
@Suite(.serialized)
struct ContractTests {
    private static let start: Int64 = 1_790_000_000_000

    private func clicks(_ scenario: Scenario) throws -> Int64? {
        try scenario.database.number("SELECT coalesce(sum(clicks), 0) FROM \(scenario.minute)")
    }

    private func duplicates(_ scenario: Scenario) throws -> Int64? {
        try scenario.database.number("SELECT sum(duplicates) FROM \(scenario.progress)")
    }

    // pitfall: duplicates
    // assumption: horizon
    @Test("A repeat within the horizon counts once, over a restart as well; beyond it, again")
    func horizon() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            let flags = ["--dedup-horizon", "10s"]
            try await scenario.produce([
                .click(1, at: Self.start), .click(2, at: Self.start + 5_000), .click(1, at: Self.start),
            ])
            let first = try scenario.start("a", flags: flags)
            try await scenario.untilCaughtUp()
            #expect(try clicks(scenario) == 2)
            try await first.terminate()

            let second = try scenario.start("a", flags: flags)
            // The log's own time stands at 10 s: the first send of 1 is exactly the horizon old, and remembered.
            try await scenario.produce([.click(3, at: Self.start + 10_000), .click(1, at: Self.start)])
            try await scenario.untilCaughtUp()
            #expect(try clicks(scenario) == 3)
            #expect(try duplicates(scenario) == 2)
            // A repeat renews nothing: it is the first send that is remembered.
            try await scenario.produce([.click(4, at: Self.start + 30_000), .click(2, at: Self.start + 5_000)])
            try await scenario.untilCaughtUp()
            #expect(try clicks(scenario) == 5)
            #expect(try duplicates(scenario) == 2)
            try await second.terminate()
        }
    }

    // assumption: partitioning
    @Test("A repeat in the partition of the first send counts once, in another partition again")
    func partitioning() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            try await scenario.produce([
                .click(1, at: Self.start), .click(1, at: Self.start), .click(1, partition: 1, at: Self.start),
            ])
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            #expect(try clicks(scenario) == 2)
            #expect(try duplicates(scenario) == 1)
            // Rows are of business keys: the partition shows beneath them only.
            #expect(try scenario.database.number("SELECT count(*) FROM \(scenario.minute)") == 1)
            try await process.terminate()
        }
    }

    // assumption: create-time
    @Test("One event with a time far ahead moves the log's own time no further than its record's timestamp")
    func createTime() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            var ahead = ProducedRecord.click(9, at: Self.start + 47 * 3_600_000)
            ahead.timestampMilliseconds = Self.start + 1_000
            try await scenario.produce([
                .click(1, at: Self.start), ahead, .click(2, at: Self.start + 2_000), .click(1, at: Self.start),
            ])
            let process = try scenario.start("a")
            try await scenario.untilCaughtUp()
            #expect(
                try scenario.database.number("SELECT stream_time_ms FROM \(scenario.progress)") == Self.start + 2_000)
            #expect(try scenario.database.number("SELECT late_events FROM \(scenario.progress)") == 0)
            #expect(try duplicates(scenario) == 1)
            #expect(try clicks(scenario) == 3)
            try await process.terminate()
        }
    }

    @Test("Hostile records become dead letters, whole, and the service goes on")
    func hostileRecords() async throws {
        try await withScenario(partitions: 2) { scenario in
            try await scenario.createTopic()
            let process = try scenario.start("a")
            try await process.waitFor("partitions assigned")
            let huge = (0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 31 | 0x80) }
            let headers = [
                RecordHeader(name: "trace", value: Array("abc".utf8)), RecordHeader(name: "none", value: nil),
                RecordHeader(name: "empty", value: []), RecordHeader(name: "trace", value: [0, 255]),
                RecordHeader(name: "quote\"\\\u{1}", value: [1]),
            ]
            let at = Self.start
            try await scenario.produce([
                .click(1, at: at),
                ProducedRecord(timestampMilliseconds: at, key: Array("k".utf8), value: nil, headers: headers),
                ProducedRecord(timestampMilliseconds: at, key: [], value: []),
                ProducedRecord(timestampMilliseconds: at, key: nil, value: Array("not a message".utf8)),
                ProducedRecord(timestampMilliseconds: at, key: [0xff, 0], value: huge, headers: headers),
                ProducedRecord(timestampMilliseconds: at, value: [0x08]),
                .click(2, at: at),
            ])
            // Many of them do not flood memory: they are committed in between.
            try await scenario.produce((0..<60).map { _ in ProducedRecord(partition: 1, value: huge) })
            try await scenario.produce([.click(3, partition: 1, at: at)])
            try await scenario.untilCaughtUp()
            #expect(try clicks(scenario) == 3)
            #expect(try scenario.database.text("SELECT sum(spend_nanos) FROM \(scenario.minute)") == "3000000000")

            let letters = try scenario.database.rows(
                """
                SELECT record_offset, reason, record_key, payload IS NULL, coalesce(length(payload), -1), headers::text,
                    md5(payload) FROM \(scenario.deadLetters) WHERE partition = 0 ORDER BY record_offset
                """)
            #expect(letters.map { $0[0] } == ["1", "2", "3", "4", "5"])
            let empty = "empty_payload"
            #expect(letters.map { $0[1] } == [empty, empty, "undecodable", "undecodable", "undecodable"])
            #expect(letters.map { $0[2] } == ["\\x6b", "\\x", nil, "\\xff00", nil])
            #expect(letters.map { $0[3] } == ["t", "f", "f", "f", "f"])
            #expect(letters.map { $0[4] } == ["-1", "0", "13", "900000", "1"])
            let stored = try JSONSerialization.jsonObject(with: Data((letters[0][5] ?? "").utf8)) as? [[String: Any]]
            #expect(stored?.map { $0["name"] as? String } == headers.map(\.name))
            let values = headers.map { $0.value.map { Data($0).base64EncodedString() } }
            #expect(stored?.map { $0["value"] as? String } == values)
            let other = try scenario.database.text(
                "SELECT md5(payload) FROM \(scenario.deadLetters) WHERE partition = 1 LIMIT 1")
            #expect(letters[3][6] == other)
            #expect(
                try scenario.database.number("SELECT count(*) FROM \(scenario.deadLetters) WHERE partition = 1") == 60)
            try await until("the metric shows them") {
                try await process.metric("sluice_records_dead_letter_total") == 65
            }
            #expect(try await process.get("/healthz/ready").status == 200)
            try await redrive(scenario)
            #expect(try await process.terminate() == .exited(0))
        }
    }

    /// A letter with its payload mended counts at its new offset; one sent as it is becomes a letter there.
    private func redrive(_ scenario: Scenario) async throws {
        let mended = scenario.folder.appending(path: "mended")
        try Data(ProducedRecord.click(77, at: Self.start).value ?? []).write(to: mended)
        let common =
            ["--postgres", scenario.postgres, "--schema-prefix", scenario.prefix, "--job", scenario.job]
            + ["--kafka-brokers", scenario.brokers, "--topic", scenario.topic]
        let first = try await scenario.sluice(
            ["dead-letters", "redrive", "0:3", "--payload-file", mended.path(percentEncoded: false)] + common)
        #expect(first.status.isSuccess, "\(first)")
        let second = try await scenario.sluice(["dead-letters", "redrive", "0:1"] + common)
        #expect(second.status.isSuccess, "\(second)")
        try await scenario.untilCaughtUp()
        #expect(try clicks(scenario) == 4)
        let rows = try scenario.database.rows(
            """
            SELECT record_offset, redriven_offset, payload IS NULL, jsonb_array_length(headers)
            FROM \(scenario.deadLetters) WHERE partition = 0 AND record_offset IN (1, 3, 8) ORDER BY record_offset
            """)
        #expect(rows == [["1", "8", "t", "5"], ["3", "7", "f", "0"], ["8", nil, "t", "5"]])
    }
}
