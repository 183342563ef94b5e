import Connectors
import Foundation
import Postgres
import SpendAggregatorJob
import Streams
import Testing

/// An operator's changes of progress against a real PostgreSQL.
@Suite struct ProgressChangesTests {
    private let topic = "topic"
    private let partition = Partition(3)

    private func changes(_ fixture: StoreFixture, _ connection: PostgresConnection? = nil) -> ProgressChanges {
        ProgressChanges(connection ?? fixture.connection, names: fixture.names, job: "job")
    }

    /// A change of what the partition is now.
    private func change(
        _ fixture: StoreFixture, _ move: OperatorMove, to after: (PartitionProgress) -> PartitionProgress
    ) throws -> ProgressChange {
        let seen = try #require(try changes(fixture).state(of: topic, partition))
        return ProgressChange(
            topic: topic, partition: partition, move: move, reason: "agreed \"so\"", who: "ops@host",
            bounds: LogBounds(start: Offset(2), end: Offset(90)), seen: seen, after: after(seen.progress))
    }

    private func letter(_ offset: Int64) -> DeadLetter {
        let record = Record(
            partition: partition, offset: Offset(offset), timestampMilliseconds: 1, keyStart: nil, keyCount: 0,
            valueStart: nil, valueCount: 0)
        return DeadLetter(record, reason: "empty_payload", headers: [])
    }

    /// A partition with one row and two letters, of which one was sent again; another partition beside it.
    private func filled(
        _ fixture: StoreFixture
    ) throws -> (store: PostgresCheckpointStore<SpendOutput>, claims: [Claim]) {
        let store = fixture.store()
        let claims = try store.claim([partition, Partition(4)])
        try store.commit(
            Checkpoint(cuts: [
                fixture.cut(claims[0], to: 10, letters: [letter(5), letter(6)]),
                fixture.cut(claims[1], to: 10, letters: [letter(5)]),
            ]))
        try fixture.connection.execute(
            """
            UPDATE \(fixture.names.table("sluice", "dead_letter")) SET redriven_at = '2026-01-02 03:04:05+00',
                redriven_offset = 8 WHERE partition = 3 AND record_offset = 5
            """)
        return (store, claims)
    }

    @Test func aChangeMovesTheRowAndFencesItsOwner() async throws {
        let fixture = try await StoreFixture()
        let (store, claims) = try filled(fixture)
        let made = try changes(fixture).make(
            change(fixture, .acceptGap(to: Offset(20))) { $0.moved(to: Offset(20)) })
        #expect(made.version == 1 && made.epoch == Epoch(2) && made.removed.isEmpty)
        var owned = claims[0]
        owned.progress.nextOffset = Offset(10)
        let stale = fixture.cut(owned, to: 12)
        #expect(throws: StoreError.self) { try store.commit(Checkpoint(cuts: [stale])) }
        let next = try store.claim([partition])[0]
        #expect(next.epoch == Epoch(3))
        #expect(next.progress.nextOffset == Offset(20))
        #expect(next.progress.anchor == nil)
        #expect(next.progress.counters.skippedOffsets == 10)
        #expect(next.progress.streamTime == EventTime(milliseconds: StoreFixture.minute))
        #expect(next.progress.marks.last == HorizonMark(offset: Offset(20), streamTime: next.progress.streamTime))
        let row = try #require(
            fixture.connection.query(
                "SELECT watermark IS NULL FROM \(fixture.names.table("sluice", "progress")) WHERE partition = 3"
            ).first)
        #expect(try !row.bool(0))
        try fixture.close()
    }

    @Test func aRewindRemovesWhatCameOfThePartitionAndNothingElse() async throws {
        let fixture = try await StoreFixture()
        let (store, _) = try filled(fixture)
        #expect(try fixture.clicks() == 2)
        let totals = try changes(fixture).totals(topic, partition)
        let spend = OutputTotal(
            output: "\(fixture.names.schema("spend")).minute_by_partition", rows: 1, currency: "EUR",
            nanos: 250_000_000)
        let letters = OutputTotal(output: "\(fixture.names.schema("sluice")).dead_letter", rows: 2)
        #expect(totals == [spend, letters])
        #expect(try changes(fixture).redrivenLetters(topic, partition) == 1)
        #expect(try changes(fixture).redrivenLetters(topic, Partition(4)) == 0)
        let made = try changes(fixture).make(change(fixture, .rewind) { _ in .beginning(at: Offset(2)) })
        #expect(made.removed == totals)
        // The letter is gone, its mark and its second record are not.
        #expect(try changes(fixture).redrivenLetters(topic, partition) == 1)
        #expect(try fixture.clicks() == 1)
        let claim = try store.claim([partition])[0]
        #expect(claim.progress == .beginning(at: Offset(2)))
        let known = try fixture.connection.query(
            """
            SELECT stream_time_ms IS NULL AND watermark IS NULL AND anchor_offset IS NULL
            FROM \(fixture.names.table("sluice", "progress")) WHERE partition = 3
            """)
        #expect(try known[0].bool(0))
        // The letters come back as they were: the one that was sent again says so, the other does not.
        try store.commit(Checkpoint(cuts: [fixture.cut(claim, to: 10, letters: [letter(5), letter(6)])]))
        let marks = try fixture.connection.query(
            """
            SELECT partition, record_offset, redriven_offset, redriven_at = '2026-01-02 03:04:05+00' AS same
            FROM \(fixture.names.table("sluice", "dead_letter")) ORDER BY 1, 2
            """)
        let found = try marks.map { row in
            [try row.int64(0), try row.int64(1), try row.optionalInt64(2) ?? -1, try row.isNull(3) ? -1 : 1]
        }
        #expect(found == [[3, 5, 8, 1], [3, 6, -1, -1], [4, 5, -1, -1]])
        #expect(try fixture.clicks() == 2)
        try fixture.close()
    }

    @Test func marksOfAnotherLogAreForgotten() async throws {
        let fixture = try await StoreFixture()
        let (store, _) = try filled(fixture)
        _ = try changes(fixture).make(change(fixture, .rewind) { _ in .beginning(at: Offset(2)) })
        let claim = try store.claim([partition])[0]
        try store.commit(Checkpoint(cuts: [fixture.cut(claim, to: 10)]))
        _ = try changes(fixture).make(
            change(fixture, .newLog(from: Offset(0))) { $0.moved(to: Offset(0), isNewLog: true) })
        let again = try store.claim([partition])[0]
        try store.commit(Checkpoint(cuts: [fixture.cut(again, to: 10, letters: [letter(5)])]))
        let marked = try fixture.connection.query(
            "SELECT count(redriven_at) FROM \(fixture.names.table("sluice", "dead_letter")) WHERE partition = 3")
        #expect(try marked[0].int64(0) == 0)
        #expect(try changes(fixture).outlivedItsLog(topic, partition))
        try fixture.close()
    }

    @Test func whatTheOperatorSawMustStillHold() async throws {
        let fixture = try await StoreFixture()
        let (store, claims) = try filled(fixture)
        let early = try change(fixture, .acceptGap(to: Offset(20))) { $0.moved(to: Offset(20)) }
        var claim = claims[0]
        claim.progress.nextOffset = Offset(10)
        try store.commit(Checkpoint(cuts: [fixture.cut(claim, to: 15)]))
        #expect(throws: ProgressChangeRefusal.self, "the owner has committed") { try changes(fixture).make(early) }
        let seen = try change(fixture, .acceptGap(to: Offset(20))) { $0.moved(to: Offset(20)) }
        _ = try store.claim([partition])
        #expect(throws: ProgressChangeRefusal.self, "somebody has claimed") { try changes(fixture).make(seen) }
        #expect(try changes(fixture).history().isEmpty)
        #expect(try changes(fixture).state(of: topic, partition)?.progress.nextOffset == Offset(15))
        try fixture.close()
    }

    @Test func ofTwoChangesAtOnceOneIsMade() async throws {
        let fixture = try await StoreFixture()
        _ = try filled(fixture)
        let change = try change(fixture, .acceptGap(to: Offset(20))) { $0.moved(to: Offset(20)) }
        let (configuration, names) = (fixture.configuration, fixture.names)
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let connection = try PostgresConnection(configuration)
                    defer { connection.close() }
                    do {
                        _ = try ProgressChanges(connection, names: names, job: "job").make(change)
                        return true
                    } catch is ProgressChangeRefusal {
                        return false
                    }
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(made == 1)
        #expect(try changes(fixture).history().map(\.version) == [1])
        try fixture.close()
    }

    @Test func everyChangeIsRecordedWhole() async throws {
        let fixture = try await StoreFixture()
        _ = try filled(fixture)
        _ = try changes(fixture).make(change(fixture, .acceptGap(to: Offset(20))) { $0.moved(to: Offset(20)) })
        _ = try changes(fixture).make(change(fixture, .rewind) { _ in .beginning(at: Offset(2)) })
        let history = try changes(fixture).history(topic: topic, partition: partition)
        #expect(history.map(\.version) == [2, 1])
        #expect(history.map(\.kind) == ["rewind", "accept_gap"])
        #expect(history.map(\.nextOffsetBefore) == [Offset(20), Offset(10)])
        #expect(history.map(\.nextOffsetAfter) == [Offset(2), Offset(20)])
        #expect(history.map(\.epochAfter) == [Epoch(3), Epoch(2)])
        let rewind = try #require(history.first)
        #expect(rewind.reason == "agreed \"so\"" && rewind.who == "ops@host" && !rewind.databaseUser.isEmpty)
        #expect(rewind.bounds == LogBounds(start: Offset(2), end: Offset(90)))
        #expect(rewind.removed.map(\.rows) == [1, 2] && rewind.removed.map(\.nanos) == [250_000_000, nil])
        #expect(abs(rewind.atMilliseconds - Int64(Date().timeIntervalSince1970 * 1_000)) < 600_000)
        let whole = try fixture.connection.query(
            """
            SELECT (before->>'records')::int8 AS records, after->>'epoch' AS epoch,
                (SELECT count(*) FROM jsonb_object_keys(before)) = (SELECT count(*) FROM jsonb_object_keys(after)) AS same
            FROM \(fixture.names.table("sluice", "progress_change")) ORDER BY id DESC LIMIT 1
            """)[0]
        #expect(try whole.int64("records") == 1)
        #expect(try whole.string("epoch") == "3")
        #expect(try whole.bool("same"))
        try fixture.close()
    }

    @Test func whereResultsAreNotKnownOrNotOnesOwnNothingIsRemoved() async throws {
        let fixture = try await StoreFixture()
        _ = try filled(fixture)
        let rewind = try change(fixture, .rewind) { _ in .beginning(at: Offset(2)) }
        let output = fixture.names.table("sluice", "output")
        try fixture.connection.execute("UPDATE \(output) SET topic = 'other'")
        #expect(throws: ProgressChangeRefusal.unknownOutputs) { try changes(fixture).make(rewind) }
        try fixture.connection.execute("UPDATE \(output) SET topic = 'topic'")
        let schema = fixture.names.schema("spend")
        try fixture.connection.execute("INSERT INTO \(output) VALUES ('another', 'topic', '\(schema)')")
        #expect(throws: ProgressChangeRefusal.sharedOutput(schema: schema, job: "another", topic: "topic")) {
            try changes(fixture).make(rewind)
        }
        #expect(try fixture.clicks() == 2)
        #expect(try changes(fixture).state(of: topic, partition)?.epoch == Epoch(1))
        try fixture.close()
    }

    /// A writer that says which of its schema's sources the topic is.
    @Test func topicsOfOneJobShareASchemaAsDifferentSources() async throws {
        let fixture = try await StoreFixture()
        _ = try filled(fixture)
        let output = fixture.names.table("sluice", "output")
        let schema = fixture.names.schema("spend")
        func note(_ job: String, _ topic: String, source: String) throws {
            try fixture.connection.query(
                "INSERT INTO \(output) (job, topic, schema_name, source) VALUES ($1, $2, $3, $4)",
                [.text(job), .text(topic), .text(schema), .text(source)])
        }
        let rewind = try change(fixture, .rewind) { _ in .beginning(at: Offset(2)) }
        try note("job", "corrections", source: "")
        #expect(throws: ProgressChangeRefusal.sharedOutput(schema: schema, job: "job", topic: "corrections")) {
            try changes(fixture).make(rewind)
        }
        try fixture.connection.query("UPDATE \(output) SET source = 'corrections' WHERE topic = 'corrections'")
        try note("another", "elsewhere", source: "corrections")
        #expect(throws: ProgressChangeRefusal.sharedOutput(schema: schema, job: "another", topic: "elsewhere")) {
            try changes(fixture).make(rewind)
        }
        try fixture.connection.query("DELETE FROM \(output) WHERE job = 'another'")
        #expect(try changes(fixture).make(rewind).removed.map(\.rows) == [1, 2])
        #expect(try fixture.clicks() == 1)
        try fixture.close()
    }

    /// The store notes the source, and a rewind hands it to the schema's functions.
    @Test func aSourceIsNotedAndHandedOn() async throws {
        let fixture = try await StoreFixture()
        let schema = fixture.names.schema("spend") + "_echo"
        let name = quoteIdentifier(schema)
        try fixture.connection.execute(
            """
            CREATE SCHEMA \(name);
            CREATE TABLE \(name).forgotten (partition int4, source text);
            CREATE FUNCTION \(name).partition_totals(int4, text)
            RETURNS TABLE (output text, row_count int8, currency text, nanos numeric) LANGUAGE sql AS
            $body$ SELECT $2, $1::int8, NULL::text, NULL::numeric $body$;
            CREATE FUNCTION \(name).forget_partition(int4, text) RETURNS void LANGUAGE sql AS
            $body$ INSERT INTO \(name).forgotten VALUES ($1, $2) $body$;
            """)
        let output = fixture.names.table("sluice", "output")
        // As the version before noted it.
        try fixture.connection.query(
            "INSERT INTO \(output) (job, topic, schema_name) VALUES ('job', 'topic', $1)", [.text(schema)])
        let store = PostgresCheckpointStore(
            fixture.configuration, names: fixture.names, identity: .init(job: "job", topic: topic, owner: "a"),
            settings: StreamSettings(), writer: SourceWriter(SpendWriter(fixture.names), schema: schema))
        let claim = try store.claim([partition])[0]
        try store.commit(Checkpoint(cuts: [fixture.cut(claim, to: 10)]))
        let noted = try fixture.connection.query("SELECT schema_name, source FROM \(output)")
        #expect(try noted.map { [try $0.string(0), try $0.string(1)] } == [[schema, "corrections"]])
        let made = try changes(fixture).make(change(fixture, .rewind) { _ in .beginning(at: Offset(2)) })
        #expect(made.removed.first == OutputTotal(output: "\(schema).corrections", rows: 3))
        let forgotten = try fixture.connection.query("SELECT partition, source FROM \(name).forgotten")
        #expect(try forgotten.map { "\(try $0.int64(0)) \(try $0.string(1))" } == ["3 corrections"])
        try fixture.connection.execute("DROP SCHEMA \(name) CASCADE")
        try fixture.close()
    }

    @Test func everyColumnSaysWhatItHolds() async throws {
        let fixture = try await StoreFixture()
        let silent = try fixture.connection.query(
            """
            SELECT c.relname || '.' || a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
            WHERE c.relnamespace = '"\(fixture.names.schema("sluice"))"'::regnamespace AND a.attnum > 0
                AND c.relname IN (
                    'progress_change', 'output', 'redriven_letter', 'outbox_lane', 'outbox_skip', 'outbox_position',
                    'reconciliation', 'reconciliation_difference', 'reconciliation_repair')
                AND col_description(c.oid, a.attnum) IS NULL
            """)
        #expect(try silent.map { try $0.string(0) } == [])
        try fixture.close()
    }
}
