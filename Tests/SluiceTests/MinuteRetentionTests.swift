import Postgres
import Testing

@testable import Sluice

/// `sluice minutes drop`.
@Suite struct MinuteRetentionTests {
    private func rows(_ tables: MigratedTables, _ view: String) throws -> Int64? {
        try tables.connection.query("SELECT count(*) FROM \(tables.schemas.spend(view))").first?.int64(0)
    }

    private func tables() async throws -> MigratedTables {
        let tables = try await MigratedTables()
        try tables.add(
            ["2019-06-01", "2026-03-01", "2026-03-02", "2026-03-05"].map {
                .init(minute: "\($0) 10:00:00+00", nanos: "1")
            })
        return tables
    }

    @Test func wholeDaysGoAndTheLevelsAboveStay() async throws {
        let tables = try await tables()
        let retention = MinuteRetention(schemas: tables.schemas, connection: tables.connection)
        let dropped = try retention.drop(before: try #require(CalendarDate("2026-03-05")))
        #expect(dropped.days == ["2026-03-01", "2026-03-02"])
        #expect(dropped.keptFrom == "2026-03-05")
        #expect(try rows(tables, "minute") == 1)
        #expect(try rows(tables, "hour") == 4)
        // An event that comes for a dropped day brings its table not back, and is not lost.
        try tables.add([.init(minute: "2026-03-02 10:00:00+00", nanos: "5")])
        #expect(try rows(tables, "minute") == 1)
        #expect(try rows(tables, "beyond_retention") == 1)
        var levels = LevelDifferences()
        try tables.connection.execute("BEGIN")
        try levels.read(tables.schemas, tables.connection)
        try tables.connection.execute("COMMIT")
        #expect(levels.count == 0, "\(levels.first)")
        // What is kept from does not go back.
        let again = try retention.drop(before: try #require(CalendarDate("2026-03-01")))
        #expect(again.days.isEmpty)
        #expect(again.keptFrom == "2026-03-05")
        try tables.connection.query("SELECT * FROM \(tables.schemas.spend("drop_minutes"))(NULL)")
        #expect(try rows(tables, "minute") == 1)
    }

    @Test func theLastSevenDaysAreKept() async throws {
        let tables = try await tables()
        let dropped = try MinuteRetention(schemas: tables.schemas, connection: tables.connection)
            .drop(before: try #require(CalendarDate("2039-01-01")))
        #expect(dropped.days.count == 3)
        let kept = try tables.connection.query("SELECT (now() AT TIME ZONE 'UTC' - interval '7 days')::date::text")
        #expect(try kept.first?.string(0) == dropped.keptFrom)
    }

    @Test func theCommandSaysWhatIsWrong() async throws {
        let tables = try await tables()
        #expect(await SluiceCommand.execute(["minutes", "drop", "--before", "now-7d"] + tables.options) == 2)
        #expect(await SluiceCommand.execute(["minutes", "drop"] + tables.options) == 2)
        // Somebody reads minutes, in a transaction that goes on.
        let reader = try PostgresConnection(tables.configuration)
        try reader.execute("BEGIN; SELECT count(*) FROM \(tables.schemas.minute)")
        let session = try PostgresConnection(tables.configuration)
        try session.execute("SET lock_timeout = '50ms'")
        let error = #expect(throws: CommandFailure.self) {
            try MinuteRetention(schemas: tables.schemas, connection: session)
                .drop(before: try #require(CalendarDate("2026-03-05")))
        }
        #expect(error?.code == .dependency)
        #expect(error?.message.contains("nothing was dropped: try again") == true)
        try reader.execute("COMMIT")
        #expect(try rows(tables, "minute") == 4)
        #expect(await SluiceCommand.execute(["minutes", "drop", "--before", "2026-03-02"] + tables.options) == 0)
        #expect(try rows(tables, "minute") == 2)
    }
}
