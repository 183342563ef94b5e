import Postgres
import Testing

@testable import Sluice

/// The comparison of levels that `verify` shows, against the database's own function.
@Suite struct LevelDifferencesTests {
    private func differences(_ tables: MigratedTables) throws -> [LevelDifferences.Difference] {
        var levels = LevelDifferences()
        try tables.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        try levels.read(tables.schemas, tables.connection)
        try tables.connection.execute("COMMIT")
        #expect(levels.count == levels.first.count)
        return levels.first
    }

    /// One unit off in a table of each level shows in every comparison that it takes part in.
    @Test(arguments: [
        ("minute_by_partition", ["day of minutes", "hour of minutes"]),
        ("hour_by_partition", ["hour of ads", "hour of countries", "hour of minutes", "hour of placements"]),
        ("day_by_partition", ["day of minutes", "lifetime of days"]),
        ("lifetime_by_partition", ["lifetime of days"]), ("ad_hour_by_partition", ["hour of ads"]),
        ("placement_hour_by_partition", ["hour of placements"]), ("country_hour_by_partition", ["hour of countries"]),
    ])
    func aUnitInOneLevelIsFound(_ table: String, _ comparisons: [String]) async throws {
        let tables = try await MigratedTables()
        try tables.add([.init(minute: "2026-03-28 22:59:00+00", nanos: "5")])
        try tables.adjust(1, at: "2026-03-28 22:59:30+00", nanos: "-1")
        #expect(try differences(tables).isEmpty)
        let source = table == "minute_by_partition" ? "" : " WHERE source = 'e'"
        // The version before has triggers there that would derive the levels.
        try tables.connection.execute(
            """
            BEGIN; SELECT \(tables.schemas.spend("begin_results"))();
            UPDATE \(tables.schemas.spend(table)) SET spend_nanos = spend_nanos + 1\(source); COMMIT
            """)
        let found = try differences(tables)
        #expect(found.map(\.comparison) == comparisons)
        for difference in found {
            #expect(difference.campaign == 70)
            #expect(difference.currency == "EUR")
            #expect(difference.columns.map(\.name) == ["spend_nanos"])
            #expect(difference.columns.map { $0.excess.magnitude } == [1])
        }
    }

    @Test func anAdjustmentThatIsNotInTheLedgerIsFound() async throws {
        let tables = try await MigratedTables()
        try tables.adjust(1, at: "2026-03-28 22:59:30+00", nanos: "-7")
        #expect(try differences(tables).isEmpty)
        try tables.connection.execute("DELETE FROM \(tables.schemas.spend("adjustment"))")
        let found = try differences(tables)
        #expect(found.map(\.comparison) == ["day of adjustments", "hour of adjustments"])
        #expect(
            found.first?.columns == [
                .init(name: "adjustments", excess: 1), .init(name: "adjustment_nanos", excess: -7),
            ])
    }
}
