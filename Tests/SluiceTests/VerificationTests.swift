import Foundation
import Postgres
import Testing

@testable import Sluice

/// What `verify` finds, against a real PostgreSQL with tables made by hand from the contract.
@Suite struct VerificationTests {
    private static let topic = "ad-events"

    /// A small truth: 3,000 records with every reason of dead letters.
    private static let truth: TruthKeeper = {
        var run = GenerationRun(
            shape: StreamShape(seed: 31, events: 3_000, partitions: 4, campaigns: 20, undecodable: 0.01, faulty: 0.01),
            sink: nil, keepsTruth: true)
        // Nothing is sent, so nothing can fail.
        try? run.send(rate: nil, showsProgress: false)
        return run.truth
    }()

    private func verify(altering sql: (ResultSchemas) -> String) async throws -> Verification {
        let tables = try await ResultTables()
        try tables.store(Self.truth, topic: Self.topic)
        let alteration = sql(tables.schemas)
        if !alteration.isEmpty { try tables.connection.execute(alteration) }
        let folder = try TemporaryFolder()
        try Self.truth.write(to: folder.path + "/truth", topic: Self.topic)
        var verification = Verification(schemas: tables.schemas, job: ResultTables.job)
        try verification.run(TruthReader(path: folder.path + "/truth"), on: PostgresConnection(tables.configuration))
        return verification
    }

    @Test func equalResultsAreVerified() async throws {
        let verification = try await verify { _ in "" }
        #expect(verification.isClean)
        #expect(verification.details == "levels: difference 0\n")
        #expect(verification.verdict == "verified: 3000 events, \(Self.truth.rows.count) rows, difference 0")
    }

    /// A row that has been altered in every column in turn is found, with what it is off.
    @Test(arguments: [
        "impressions", "clicks", "conversions", "video_views", "invalid_events", "spend_nanos", "late_events",
    ])
    func oneUnitInOneColumnIsFound(_ column: String) async throws {
        let verification = try await verify { schemas in
            """
            UPDATE \(schemas.minute) SET \(column) = \(column) + 1 WHERE ctid =
                (SELECT ctid FROM \(schemas.minute) ORDER BY advertiser_id, campaign_id, minute LIMIT 1 OFFSET 77)
            """
        }
        #expect(!verification.isClean)
        #expect(verification.minutes.differing == 1)
        #expect(verification.minutes.rows == 1)
        #expect(verification.minutes.columns[column]?.rows == 1)
        #expect(verification.minutes.columns[column]?.excess == 1)
        #expect(verification.verdict == "difference \(column == "spend_nanos" ? 1 : 0) nanos in 1 rows")
        #expect(verification.details.contains("\(column) "))
    }

    @Test func differencesDoNotCancelOut() async throws {
        // One row has a nano too much, another one too little: the sum over all rows is right.
        let verification = try await verify { schemas in
            """
            UPDATE \(schemas.minute) SET spend_nanos = spend_nanos + 1 WHERE ctid =
                (SELECT ctid FROM \(schemas.minute) ORDER BY advertiser_id, campaign_id, minute LIMIT 1);
            UPDATE \(schemas.minute) SET spend_nanos = spend_nanos - 1 WHERE ctid =
                (SELECT ctid FROM \(schemas.minute) ORDER BY advertiser_id, campaign_id, minute LIMIT 1 OFFSET 9);
            """
        }
        #expect(verification.verdict == "difference 2 nanos in 2 rows")
    }

    @Test func missingExtraAndRepeatedRowsAreFound() async throws {
        let missing = try await verify { schemas in
            """
            DELETE FROM \(schemas.minute) WHERE ctid IN
                (SELECT ctid FROM \(schemas.minute) ORDER BY spend_nanos DESC, campaign_id, minute LIMIT 3)
            """
        }
        #expect(missing.minutes.missing == 3)
        #expect(missing.minutes.rows == 3)
        let largest = Self.truth.rows.values.map(\.spendNanos).sorted().suffix(3).reduce(0, +)
        #expect(missing.minutes.nanos == largest)
        #expect(missing.details.contains("3 missing, 0 extra, 0 differing"))

        let extra = try await verify { schemas in
            """
            INSERT INTO \(schemas.minute) VALUES
                (-9, 5, '2026-01-15 08:00:00+00', 'USD', 1, 0, 0, 0, 0, 5, 0),
                (999999999, 5, '2026-01-15 08:00:00+00', 'ZZZ', 0, 0, 0, 0, 0, 0, 0)
            """
        }
        #expect(extra.minutes.extra == 2)
        #expect(extra.verdict == "difference 5 nanos in 2 rows")

        let repeated = try await verify { schemas in
            "INSERT INTO \(schemas.minute) SELECT * FROM \(schemas.minute) LIMIT 1"
        }
        #expect(repeated.minutes.extra == 1)
    }

    @Test func deadLettersAreCompared() async throws {
        let letters = Self.truth.deadLetters.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
        let (first, second) = (letters[0], letters[1])
        let verification = try await verify { schemas in
            """
            DELETE FROM \(schemas.deadLetter) WHERE partition = \(first.partition) AND record_offset = \(first.offset);
            UPDATE \(schemas.deadLetter) SET reason = 'other' WHERE partition = \(second.partition)
                AND record_offset = \(second.offset);
            INSERT INTO \(schemas.deadLetter) (job, topic, partition, record_offset, reason)
                VALUES ('spend-aggregator', 'ad-events', 77, 1, 'price'), ('other-job', 'ad-events', 1, 99999, 'price')
            """
        }
        #expect(
            verification.deadLetters == [
                .init(partition: first.partition, offset: first.offset, expected: first.reason.rawValue),
                .init(
                    partition: second.partition, offset: second.offset, expected: second.reason.rawValue,
                    actual: "other"),
                .init(partition: 77, offset: 1, actual: "price"),
            ])
        #expect(verification.verdict == "difference 0 nanos in 0 rows, 3 dead letters")
        #expect(verification.details.contains("77:1 expected none, found price"))
    }

    @Test(arguments: [
        "next_offset", "records", "duplicates", "late_events", "invalid_events", "dead_letters", "stream_time_ms",
    ])
    func progressIsCompared(_ column: String) async throws {
        let verification = try await verify { schemas in
            "UPDATE \(schemas.progress) SET \(column) = \(column) + 1 WHERE partition = 2"
        }
        #expect(verification.partitions.map(\.column) == [column])
        #expect(verification.partitions.map(\.partition) == [2])
        #expect(verification.verdict == "difference 0 nanos in 0 rows, progress of 1 partitions")
    }

    @Test func aPartitionThatHasNotBegunIsADifference() async throws {
        let gone = try await verify { "DELETE FROM \($0.progress) WHERE partition = 1" }
        #expect(gone.partitions.map(\.actual) == ["no row"])
        let claimed = try await verify { schemas in
            """
            UPDATE \(schemas.progress) SET next_offset = NULL, stream_time_ms = NULL, records = 0, duplicates = 0,
                late_events = 0, invalid_events = 0, dead_letters = 0 WHERE partition = 1
            """
        }
        #expect(claimed.partitions.contains { $0.column == "next_offset" && $0.actual == "0" })
        // A partition that was claimed and has no records is as it must be.
        let empty = try await verify { schemas in
            """
            INSERT INTO \(schemas.progress)
                VALUES ('spend-aggregator', 'ad-events', 50, 3, NULL, NULL, NULL, 0, 0, 0, 0, 0, 'tests')
            """
        }
        #expect(empty.isClean)
    }

    @Test func waitingEndsWhenTheJobHasCaughtUp() async throws {
        let tables = try await ResultTables()
        let folder = try TemporaryFolder()
        try Self.truth.write(to: folder.path + "/truth", topic: Self.topic)
        let reader = try TruthReader(path: folder.path + "/truth")
        func wait(_ milliseconds: Int64) throws -> String? {
            var waiting = ProgressWait(
                configuration: tables.configuration, schemas: tables.schemas, job: ResultTables.job)
            return try waiting.wait(for: reader, milliseconds: milliseconds)
        }
        #expect(try wait(1)?.hasPrefix("3000 records are missing in 4 partitions") == true)
        try tables.store(Self.truth, topic: Self.topic)
        #expect(try wait(10_000) == nil)
        try tables.connection.execute("UPDATE \(tables.schemas.progress) SET next_offset = 5 WHERE partition = 3")
        #expect(try wait(1)?.contains("partition 3 stands at 5") == true)
        // Tables that are not there yet are waited for.
        var early = ProgressWait(
            configuration: tables.configuration, schemas: ResultSchemas(prefix: "none_"), job: ResultTables.job)
        #expect(try early.wait(for: reader, milliseconds: 1)?.contains("migrate") == true)
    }

    @Test func levelsThatDisagreeAreADifference() async throws {
        let verification = try await verify { schemas in
            """
            INSERT INTO \(schemas.spend("level_difference"))
            SELECT 'hour of minutes', n, '2026-01-15 08:00:00+00', 'USD', ARRAY[1, 0, 0, 0, 0, 0, -7, 0, 0]
            FROM generate_series(1, 25) AS series(n)
            """
        }
        #expect(!verification.isClean)
        #expect(verification.levels.count == 25)
        #expect(verification.levels.first.count == 20)
        #expect(verification.verdict == "difference 0 nanos in 0 rows, levels differ in 25 windows")
        let lines = verification.details.split(separator: "\n")
        #expect(lines.first == "levels: difference in 25 windows")
        #expect(
            lines[1] == "  hour of minutes: campaign 1, 2026-01-15 08:00:00+00, USD: impressions +1; spend_nanos -7;")
        #expect(lines.last == "  and 5 more")
    }

    @Test func theLargestDifferencesAreShown() async throws {
        let verification = try await verify { "UPDATE \($0.minute) SET spend_nanos = spend_nanos + campaign_id" }
        #expect(verification.minutes.largest.count == 10)
        let excess = verification.minutes.largest.map(\.excessNanos.magnitude)
        #expect(excess == excess.sorted(by: >))
        #expect(excess.first == 10_019)
        #expect(verification.details.contains("more rows"))
    }
}
