import Connectors
import Postgres
import SpendAggregatorJob
import Streams
import Testing

/// Results, dead letters and progress are one transaction, and a claim sees all of the one before it.
@Suite struct OneCutTests {
    private let zero = Partition(0)

    private func letter(at offset: Int64) -> DeadLetter {
        let record = Record(
            partition: zero, offset: Offset(offset), timestampMilliseconds: 1, keyStart: nil, keyCount: 0,
            valueStart: nil, valueCount: 0)
        return DeadLetter(record, reason: "empty_payload", headers: [])
    }

    private func expectNothing(of fixture: StoreFixture) throws {
        let row = try fixture.connection.query(
            """
            SELECT next_offset, records, (SELECT count(*) FROM \(fixture.names.table("sluice", "dead_letter"))) AS letters
            FROM \(fixture.names.table("sluice", "progress"))
            """)[0]
        #expect(try row.isNull("next_offset"))
        #expect(try row.int64("records") == 0)
        #expect(try row.int64("letters") == 0)
        #expect(try fixture.clicks() == 0)
    }

    // pitfall: bad-record-or-outage
    /// A constraint that the checkpoint violates, and its absence: the same checkpoint is refused whole, then taken whole.
    @Test(
        "A write that is refused leaves neither progress nor dead letter behind, whichever table refuses",
        arguments: [
            ("spend", "minute_by_partition", "campaign_id <> 70"),
            ("sluice", "dead_letter", "reason <> 'empty_payload'"),
        ])
    func refusedWhole(schema: String, table: String, condition: String) async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let store = fixture.store()
        let claim = try #require(try store.claim([zero]).first)
        let checkpoint = Checkpoint(cuts: [fixture.cut(claim, to: 10, letters: [letter(at: 4)])])
        let name = fixture.names.table(schema, table)
        try fixture.connection.execute("ALTER TABLE \(name) ADD CONSTRAINT refuses CHECK (\(condition))")
        // The first time it might be a day's table that is gone, and is tried again.
        for code in [StoreError.Code.transient, .permanent] {
            let error = #expect(throws: StoreError.self) { try store.commit(checkpoint) }
            #expect(error?.code == code)
            try expectNothing(of: fixture)
        }
        try fixture.connection.execute("ALTER TABLE \(name) DROP CONSTRAINT refuses")
        try store.commit(checkpoint)
        #expect(try fixture.clicks() == 1)
        let letters = try fixture.connection.query(
            "SELECT count(*) FROM \(fixture.names.table("sluice", "dead_letter"))")
        #expect(try letters[0].int64(0) == 1)
    }

    // pitfall: progress-read-before-fence
    /// The order of a claim: raise the epoch, which waits for whoever commits, then read.
    @Test func aClaimReadsWhatWasCommittedWhileItWaited() async throws {
        var fixture = try await StoreFixture()
        defer { try? fixture.close() }
        fixture.configuration.lockTimeoutMilliseconds = 60_000
        _ = try fixture.store().claim([zero])
        let progress = fixture.names.table("sluice", "progress")
        // However long a busy machine takes until the claim waits.
        try fixture.connection.execute("SET idle_in_transaction_session_timeout = 0")
        try fixture.connection.execute("BEGIN; UPDATE \(progress) SET next_offset = 10 WHERE partition = 0")
        let successor = fixture.store(owner: "b")
        let claims = Pending { try successor.claim([Partition(0)]) }
        let watcher = try PostgresConnection(fixture.configuration)
        defer { watcher.close() }
        let deadline = ContinuousClock.now + .seconds(60)
        let blocked = "SELECT count(*) FROM pg_stat_activity WHERE $1::int4 = ANY(pg_blocking_pids(pid))"
        let owner = PostgresParameter.int8(Int64(fixture.connection.backendProcessID))
        while try watcher.query(blocked, [owner])[0].int64(0) == 0 {
            try #require(ContinuousClock.now < deadline, "the claim does not wait for the commit that is under way")
        }
        try fixture.connection.execute("COMMIT")
        let claim = try #require(try claims.value().first)
        #expect(claim.epoch == Epoch(2))
        #expect(claim.progress.nextOffset == Offset(10))
    }
}
