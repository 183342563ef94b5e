import Connectors
import Postgres
import SpendAggregatorJob
import Streams
import Testing

@Suite struct PostgresCheckpointStoreTests {
    private let zero = Partition(0)
    private let one = Partition(1)

    @Test func aClaimRaisesTheEpochAndReadsWhatWasCommitted() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let store = fixture.store()
        let first = try #require(try store.claim([zero]).first)
        #expect(first.epoch == Epoch(1))
        #expect(first.progress == PartitionProgress())

        let cut = fixture.cut(first, to: 10)
        try store.commit(Checkpoint(cuts: [cut]))
        let second = try #require(try fixture.store(owner: "b").claim([zero]).first)
        #expect(second.epoch == Epoch(2))
        #expect(second.progress == cut.progress)
        #expect(try fixture.clicks() == 1)
        let spend = try fixture.connection.query(
            "SELECT spend_nanos::text FROM \(fixture.names.table("spend", "minute"))")
        #expect(try spend[0].string(0) == "250000000")
    }

    // assumption: fence
    @Test func aCommitUnderAnOlderEpochChangesNothingAtAll() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let zombie = fixture.store()
        let claims = try zombie.claim([zero, one])
        _ = try fixture.store(owner: "b").claim([one])
        // Partition 0 is still the zombie's, 1 is not: neither may move.
        let error = #expect(throws: StoreError.self) {
            try zombie.commit(Checkpoint(cuts: claims.map { fixture.cut($0, to: 10) }))
        }
        #expect(error?.code == .fenced([one]))
        #expect(try fixture.clicks() == 0)
        try zombie.commit(Checkpoint(cuts: [fixture.cut(claims[0], to: 10)]))
        #expect(try fixture.clicks() == 1)
    }

    // assumption: fence
    @Test func aCommitFromAnotherOffsetChangesNothingAtAll() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let store = fixture.store()
        let claim = try #require(try store.claim([zero]).first)
        try store.commit(Checkpoint(cuts: [fixture.cut(claim, to: 10)]))
        // The same cut again, and one that skips.
        for expected: Offset? in [nil, Offset(9), Offset(11)] {
            let error = #expect(throws: StoreError.self) {
                try store.commit(Checkpoint(cuts: [fixture.cut(claim, to: 20, expected: .some(expected))]))
            }
            #expect(error?.code == .fenced([zero]))
        }
        #expect(try fixture.clicks() == 1)
    }

    #if SLUICE_MUTANTS
        // What the two tests above rest on: without its condition, the commit goes through.
        @Test func withoutTheEpochConditionAZombieWrites() async throws {
            let fixture = try await StoreFixture()
            defer { try? fixture.close() }
            let zombie = fixture.store()
            zombie.mutants = .epochCondition
            let claims = try zombie.claim([zero])
            _ = try fixture.store(owner: "b").claim([zero])
            try zombie.commit(Checkpoint(cuts: claims.map { fixture.cut($0, to: 10) }))
            #expect(try fixture.clicks() == 1)
        }

        @Test func withoutTheExpectedOffsetACutCountsTwice() async throws {
            let fixture = try await StoreFixture()
            defer { try? fixture.close() }
            let store = fixture.store()
            store.mutants = .expectedOffset
            let claim = try #require(try store.claim([zero]).first)
            for _ in 0..<2 { try store.commit(Checkpoint(cuts: [fixture.cut(claim, to: 10)])) }
            #expect(try fixture.clicks() == 2)
        }
    #endif

    @Test func reclaimingLeavesOthersAlone() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let store = fixture.store()
        let claims = try store.claim([zero, one])
        _ = try fixture.store(owner: "b").claim([one])
        let again = try store.reclaim(claims.map { ($0.partition, $0.epoch) })
        #expect(again.map(\.partition) == [zero])
        #expect(again.map(\.epoch) == [Epoch(2)])
        let owners = try fixture.connection.query(
            "SELECT owner FROM \(fixture.names.table("sluice", "progress")) ORDER BY partition")
        #expect(try owners.map { try $0.string(0) } == ["a", "b"])
    }

    /// A reclaim whose answer was lost raised the epoch all the same; that nobody else did is what the owner tells.
    @Test func aReclaimWithoutAnAnswerIsRepeatedByItsOwnerOnly() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let store = fixture.store()
        let claim = try #require(try store.claim([zero]).first)
        let owned = [(partition: claim.partition, epoch: claim.epoch)]
        #expect(try store.reclaim(owned).map(\.epoch) == [Epoch(2)])
        #expect(try store.reclaim(owned).map(\.epoch) == [Epoch(3)])
        _ = try fixture.store(owner: "b").claim([zero])
        #expect(try store.reclaim(owned).isEmpty)
        #expect(try store.reclaim([(claim.partition, Epoch(3))]).isEmpty)
    }

    // pitfall: progress-read-before-fence
    /// After a COMMIT without an answer the old transaction may still be open: its outcome is the answer, so nothing
    /// may be read past its lock.
    @Test func aClaimDoesNotReadPastACommitThatIsUnderWay() async throws {
        var fixture = try await StoreFixture()
        defer { try? fixture.close() }
        fixture.configuration.lockTimeoutMilliseconds = 100
        let claim = try #require(try fixture.store().claim([zero]).first)
        try fixture.connection.execute(
            "BEGIN; UPDATE \(fixture.names.table("sluice", "progress")) SET next_offset = 10 WHERE partition = 0")
        let store = fixture.store()
        for attempt in [{ try store.reclaim([(claim.partition, claim.epoch)]) }, { try store.claim([self.zero]) }] {
            let error = #expect(throws: StoreError.self) { _ = try attempt() }
            #expect(error?.code == .transient)
        }
        try fixture.connection.execute("COMMIT")
        #expect(try store.reclaim([(claim.partition, claim.epoch)]).first?.progress.nextOffset == Offset(10))
    }

    @Test func deadLettersAreStoredWhole() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let store = fixture.store()
        let claim = try #require(try store.claim([zero]).first)
        var letters: [DeadLetter] = []
        let key: [UInt8] = [0, 255]
        key.withUnsafeBytes { bytes in
            let whole = Record(
                partition: zero, offset: Offset(4), timestampMilliseconds: 1_000, keyStart: bytes.baseAddress,
                keyCount: 2, valueStart: bytes.baseAddress, valueCount: 0)
            letters.append(
                DeadLetter(
                    whole, reason: "empty_payload",
                    headers: [
                        RecordHeader(name: "a\"\n\0", value: [1, 2, 3]), RecordHeader(name: "", value: nil),
                        RecordHeader(name: "a", value: []),
                    ]))
            let bare = Record(
                partition: zero, offset: Offset(5), timestampMilliseconds: -1, keyStart: nil, keyCount: 0,
                valueStart: nil, valueCount: 0)
            letters.append(DeadLetter(bare, reason: "empty_payload", headers: []))
        }
        try store.commit(Checkpoint(cuts: [fixture.cut(claim, to: 6, letters: letters)]))
        let rows = try fixture.connection.query(
            """
            SELECT record_offset, reason, (extract(epoch FROM record_timestamp) * 1000)::int8 AS ms, record_key, payload,
                headers->0->>'value' AS first, headers->1->>'name' AS second, jsonb_array_length(headers) AS count,
                tableoid::regclass::text AS place
            FROM \(fixture.names.table("sluice", "dead_letter")) ORDER BY record_offset
            """)
        #expect(rows.count == 2)
        #expect(try rows[0].bytes("record_key") == key)
        #expect(try rows[0].bytes("payload").isEmpty)
        #expect(try rows[0].int64("ms") == 1_000)
        #expect(try rows[0].string("first") == "AQID")
        #expect(try rows[0].int64("count") == 3)
        #expect(try !rows[0].string("place").hasSuffix("dead_letter_other"))
        #expect(try rows[1].isNull("payload"))
        #expect(try rows[1].isNull("record_key"))
        #expect(try rows[1].isNull("ms"))
    }

    @Test func aDayThatWasDroppedIsMadeAgain() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let store = fixture.store()
        var claim = try #require(try store.claim([zero]).first)
        let first = fixture.cut(claim, to: 10)
        try store.commit(Checkpoint(cuts: [first]))
        try fixture.connection.execute("DROP TABLE \(fixture.names.table("spend", "minute_20260115"))")
        claim.progress = first.progress
        let second = Checkpoint(cuts: [fixture.cut(claim, to: 20)])
        let error = #expect(throws: StoreError.self) { try store.commit(second) }
        #expect(error?.code == .transient)
        try store.commit(second)
        #expect(try fixture.clicks() == 1)
    }

    /// Two processes come to a new day at the same moment: the second waits for the first and finds its table.
    @Test(arguments: [
        ("spend", "ensure_day", "'2026-03-01 00:00:00+00'"), ("sluice", "ensure_dead_letter_partition", "now()"),
    ])
    func aPartitionIsMadeOnce(_ schema: String, _ function: String, _ moment: String) async throws {
        var fixture = try await StoreFixture()
        defer { try? fixture.close() }
        fixture.configuration.lockTimeoutMilliseconds = 60_000
        let call = "SELECT \(fixture.names.table(schema, function))(\(moment))"
        try fixture.connection.execute("BEGIN; \(call)")
        let configuration = fixture.configuration
        let second = SecondSession(configuration, sql: call)
        let watcher = try PostgresConnection(configuration)
        defer { watcher.close() }
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory' AND pid = $1::int4"
        let deadline = ContinuousClock.now + .seconds(60)
        let backend = try second.backend()
        while try watcher.query(waiting, [.int8(Int64(backend))])[0].int64(0) == 0 {
            try #require(ContinuousClock.now < deadline, "the second session does not wait")
        }
        try fixture.connection.execute("COMMIT")
        try second.outcome()
    }

    @Test func minutesOfOtherYearsHaveATableOfTheirOwn() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let store = fixture.store()
        let claim = try #require(try store.claim([zero]).first)
        try store.commit(Checkpoint(cuts: [fixture.cut(claim, to: 10, day: 365 * 20)]))
        let count = try fixture.connection.query(
            "SELECT count(*) FROM \(fixture.names.table("spend", "minute_other"))")
        #expect(try count[0].int64(0) == 1)
        #expect(try fixture.clicks() == 1)
    }

    @Test func aServerThatIsAwayIsAPassingError() async throws {
        let names = try DatabaseNames()
        let store = PostgresCheckpointStore(
            PostgresConfiguration(connectionString: "host=127.0.0.1 port=1 dbname=none", applicationName: "test"),
            names: names, identity: .init(job: "job", topic: "topic", owner: "a"), settings: StreamSettings(),
            writer: SpendWriter(names))
        let error = #expect(throws: StoreError.self) { _ = try store.claim([zero]) }
        #expect(error?.code == .outcomeUnknown)
    }
}
