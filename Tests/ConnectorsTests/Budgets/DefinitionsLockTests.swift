import Postgres
import Testing

/// Who defines windows waits for whoever writes into them: a budget or a zone is either seen by a transaction or set after
/// it. Adjustments show it by themselves, since they write no minutes, whose table is locked as well.
@Suite struct DefinitionsLockTests {
    enum Definition: String, CaseIterable, Sendable { case budget, zone }

    private struct Finding: Equatable {
        var waited: Bool
        /// What the budget's day, or the days, say that the ledger does not.
        var isExact: Bool
    }

    /// 20:00 UTC, which is the next day in Tokyo.
    private static let evening = BudgetBench.noon + 8 * 3_600_000

    /// A credit is recorded and not yet committed when somebody sets a budget of its campaign, or the zone of its
    /// advertiser for that day.
    private func defineBesideACredit(_ definition: Definition, withoutLock: Bool) async throws -> Finding {
        let bench = try await BudgetBench()
        defer { try? bench.close() }
        let fixture = bench.fixture
        if withoutLock { try fixture.mutate("begin_results", replacing: "pg_advisory_xact_lock_shared(", by: "abs(") }
        let writer = try fixture.session()
        defer { writer.close() }
        try fixture.run("BEGIN; SELECT \"spend\".begin_results()", on: writer)
        try writer.execute(fixture.adding([GivenAdjustment(id: 1, time: Self.evening, nanos: -500)]))
        let definer = try fixture.session()
        defer { definer.close() }
        let sql =
            switch definition {
            case .budget: bench.setting(.init(daily: 1_000), asOf: Self.evening)
            case .zone: "SELECT \"spend\".set_zone(7, 'Asia/Tokyo', '2026-11-20')"
            }
        let isOver = Flag()
        let defined = Pending {
            defer { isOver.set() }
            try fixture.run(sql, on: definer)
        }
        let waited = try fixture.waitUntil(writer, holdsUp: { isOver.isSet })
        try writer.execute("COMMIT")
        // A zone that comes after the credit is refused: the day has results.
        do { try defined.value() } catch let error as PostgresError { #expect(error.sqlState == "22023") }
        let isExact =
            switch definition {
            case .budget: try fixture.number("SELECT day_spent_nanos::int8 FROM \"spend\".budget") == -500
            case .zone: try fixture.lines("SELECT comparison FROM \"spend\".level_differences()").isEmpty
            }
        return Finding(waited: waited, isExact: isExact)
    }

    @Test(arguments: Definition.allCases)
    func whatIsUnderWayIsWaitedFor(_ definition: Definition) async throws {
        #expect(try await defineBesideACredit(definition, withoutLock: false) == Finding(waited: true, isExact: true))
    }

    @Test(
        "Mutation: without the lock a credit is missing in the budget, or lies in the wrong day",
        arguments: Definition.allCases)
    func withoutTheLock(_ definition: Definition) async throws {
        #expect(try await defineBesideACredit(definition, withoutLock: true) == Finding(waited: false, isExact: false))
    }
}
