import Connectors
import Postgres
import SpendAggregatorJob
import Streams
import Testing

/// What is kept of a compacted topic beside the last applied record, in a real PostgreSQL.
@Suite struct OlderAnchorTests {
    private let zero = Partition(0)
    private let anchors = [
        Anchor(offset: Offset(2), timestampMilliseconds: -1, hash: 0),
        Anchor(offset: Offset(5), timestampMilliseconds: 1_768_464_000_000, hash: .max),
        Anchor(offset: Offset(8), timestampMilliseconds: 7, hash: 1 << 63),
    ]

    /// The statement by which the version before moves a row, as far as it matters here.
    private func moveAsBefore(_ fixture: StoreFixture, _ columns: String) throws {
        try fixture.connection.execute("UPDATE \(fixture.names.table("sluice", "progress")) SET \(columns)")
    }

    /// A row of which the next offset is 10, and three anchors before that of offset 9.
    private func filled(_ fixture: StoreFixture) throws -> Claim {
        let store = fixture.store()
        let claim = try #require(try store.claim([zero]).first)
        var cut = fixture.cut(claim, to: 10)
        cut.progress.olderAnchors = anchors
        // A partition without any beside it: arrays of different lengths in one statement.
        let other = try #require(try store.claim([Partition(1)]).first)
        try store.commit(Checkpoint(cuts: [cut, fixture.cut(other, to: 10)]))
        #expect(try store.claim([Partition(1)]).first?.progress.olderAnchors == [])
        return try #require(try store.claim([zero]).first)
    }

    @Test func theyMoveWithTheProgress() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let claim = try filled(fixture)
        #expect(claim.progress.olderAnchors == anchors)
        // A refused checkpoint leaves them, one that goes through replaces them.
        var next = fixture.cut(claim, to: 12)
        next.progress.olderAnchors = [anchors[1]]
        var stale = next
        stale.epoch = Epoch(claim.epoch.rawValue - 1)
        #expect(throws: StoreError.self) { try fixture.store().commit(Checkpoint(cuts: [stale])) }
        #expect(try fixture.store().claim([zero])[0].progress == claim.progress)
        next.epoch = Epoch(claim.epoch.rawValue + 1)
        try fixture.store().commit(Checkpoint(cuts: [next]))
        #expect(try fixture.store().claim([zero])[0].progress == next.progress)
    }

    @Test func anOperatorsMoveForgetsThemAndForgottenIDsDoNot() async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        let claim = try filled(fixture)
        let changes = ProgressChanges(fixture.connection, names: fixture.names, job: "job")
        func make(_ move: OperatorMove) throws {
            let seen = try #require(try changes.state(of: "topic", zero))
            let bounds = LogBounds(start: Offset(0), end: Offset(90))
            let situation = MoveSituation(
                topic: "topic", partition: zero, progress: seen.progress, bounds: bounds, lastApplied: .unchanged,
                outlivedItsLog: false)
            _ = try changes.make(
                ProgressChange(
                    topic: "topic", partition: zero, move: move, reason: "agreed", who: "ops@host", bounds: bounds,
                    seen: seen, after: try move.progress(in: situation)))
        }
        try make(.forgetIDs)
        let kept = try fixture.store().claim([zero])[0].progress
        #expect(kept.anchor == claim.progress.anchor && kept.olderAnchors == anchors)
        try make(.acceptGap(to: Offset(20)))
        let moved = try fixture.store().claim([zero])[0].progress
        #expect(moved.anchor == nil && moved.olderAnchors == [])
        let row = try fixture.connection.query(
            """
            SELECT older_anchor_offsets::text, older_anchor_timestamps_ms::text, older_anchor_hashes::text
            FROM \(fixture.names.table("sluice", "progress")) WHERE partition = 0
            """)[0]
        #expect(try [row.string(0), row.string(1), row.string(2)] == ["{}", "{}", "{}"])
    }

    /// The version before moves the row and leaves these columns as they are. What they say may be of another log then.
    @Test(arguments: [
        "next_offset = 11, anchor_offset = 10", "next_offset = 4, anchor_offset = NULL",
        "next_offset = 4, anchor_offset = 3", "anchor_offset = NULL",
    ])
    func whatTheVersionBeforeHasMovedSinceDoesNotCount(columns: String) async throws {
        let fixture = try await StoreFixture()
        defer { try? fixture.close() }
        _ = try filled(fixture)
        #expect(try fixture.store().claim([zero])[0].progress.olderAnchors == anchors, "a claim moves nothing")
        try moveAsBefore(fixture, columns)
        let claim = try fixture.store().claim([zero])[0]
        #expect(claim.progress.olderAnchors == [])
        // And is gone with the next checkpoint.
        try fixture.store().commit(Checkpoint(cuts: [fixture.cut(claim, to: 30)]))
        #expect(try fixture.store().claim([zero])[0].progress.olderAnchors == [])
    }

    /// Rows that the version before has written are there, and it goes on writing behind the migration.
    @Test func aDatabaseOfTheVersionBeforeIsBroughtUp() async throws {
        let fixture = try await StoreFixture(progressMigrations: 3)
        defer { try? fixture.close() }
        let table = fixture.names.table("sluice", "progress")
        try fixture.connection.execute(
            """
            INSERT INTO \(table) (job, topic, partition, epoch, next_offset, stream_time_ms, anchor_offset,
                anchor_timestamp_ms, anchor_hash, records, owner)
            VALUES ('job', 'topic', 0, 4, 10, 1768464000000, 9, 5, -1, 10, 'before'), ('job', 'topic', 1, 1, NULL, NULL,
                NULL, NULL, NULL, 0, 'before')
            """)
        let migrator = try ProgressMigrations.migrator(fixture.names)
        #expect(try migrator.status(on: fixture.connection).pending.map(\.version).last == 5)
        #expect(try migrator.apply(on: fixture.connection).last == 5)
        let old = try fixture.store().claim([zero, Partition(1)])
        #expect(old.map(\.epoch) == [Epoch(5), Epoch(2)])
        #expect(old[0].progress.nextOffset == Offset(10) && old[0].progress.counters.records == 10)
        #expect(old[0].progress.anchor == Anchor(offset: Offset(9), timestampMilliseconds: 5, hash: .max))
        #expect(old[0].progress.olderAnchors == [] && old[1].progress == PartitionProgress())
        try fixture.connection.execute(
            "INSERT INTO \(table) (job, topic, partition, epoch, owner) VALUES ('job', 'topic', 2, 1, 'before')")
        #expect(try fixture.store().claim([Partition(2)])[0].progress == PartitionProgress())
        // Every column says what it is for.
        let silent = try fixture.connection.query(
            """
            SELECT attname FROM pg_attribute
            WHERE attrelid = $1::regclass AND attname LIKE 'older\\_%' AND col_description(attrelid, attnum) IS NULL
            """, [.text(table)])
        #expect(silent.isEmpty)
    }
}
