import Postgres
import Testing

@testable import Sluice

/// `sluice zones`.
@Suite struct ZoneStoreTests {
    private func set(_ tables: MigratedTables, _ zone: String, _ from: String) async -> Int32 {
        await SluiceCommand.execute(
            ["zones", "set", "--advertiser", "7", "--zone", zone, "--from", from] + tables.options)
    }

    /// What the database refuses, as the operator reads it.
    private func refusal(_ tables: MigratedTables, _ zone: String, _ from: String) throws -> String {
        let store = ZoneStore(schemas: tables.schemas, connection: tables.connection)
        let day = try #require(CalendarDate(from))
        let error = try #require(throws: PostgresError.self) { try store.set(7, zone, from: day) }
        #expect(CommandFailure(error).code == .usage)
        return CommandFailure(error).line
    }

    @Test func aZoneIsSetAndListed() async throws {
        let tables = try await MigratedTables()
        let store = ZoneStore(schemas: tables.schemas, connection: tables.connection)
        #expect(try store.list(nil).rows.isEmpty)
        #expect(await SluiceCommand.execute(["zones", "list"] + tables.options) == 0)
        #expect(await set(tables, "Europe/Berlin", "2026-04-01") == 0)
        let begins = try store.set(7, "America/New_York", from: try #require(CalendarDate("2026-07-01")))
        #expect(begins.description == "2026-07-01T04:00:00Z")
        let list = try store.list(7)
        #expect(
            list.rows.map { Array($0.prefix(7)) } == [
                [
                    .identifier(7), .null, .text("2026-03-31"), .text("UTC"), .null, .text("2026-03-31T22:00:00Z"),
                    .text("as set"),
                ],
                [
                    .identifier(7), .text("2026-04-01"), .text("2026-06-30"), .text("Europe/Berlin"),
                    .text("2026-03-31T22:00:00Z"), .text("2026-07-01T04:00:00Z"), .text("as set"),
                ],
                [
                    .identifier(7), .text("2026-07-01"), .null, .text("America/New_York"),
                    .text("2026-07-01T04:00:00Z"),
                    .null, .text("as set"),
                ],
            ])
        try tables.connection.execute(
            "UPDATE \(tables.schemas.spend("advertiser_zone")) SET rules = 'other' WHERE zone = 'Europe/Berlin'")
        #expect(try store.list(nil).rows.map { $0[6] } == [.text("as set"), .text("changed"), .text("as set")])
        #expect(try store.list(8).rows.isEmpty)
        for format in ["table", "csv", "json"] {
            #expect(await SluiceCommand.execute(["zones", "list", "--format", format] + tables.options) == 0)
        }
    }

    @Test func whatCannotBeSaysWhyAndWhatToDo() async throws {
        let tables = try await MigratedTables()
        #expect(
            try refusal(tables, "Europe/Berlim", "2026-04-01").contains(
                "PostgreSQL does not know the time zone \"Europe/Berlim\". Use a name of the IANA database"))
        #expect(await set(tables, "Europe/Berlin", "2026-04-01") == 0)
        #expect(
            try refusal(tables, "Asia/Tokyo", "2026-04-01")
                == "advertiser 7 has a zone from 2026-04-01 on already. A zone can only be set for days after the last change"
        )
        try tables.add([.init(minute: "2026-05-01 10:00:00+00", nanos: "1")])
        let days = try refusal(tables, "Asia/Tokyo", "2026-05-01")
        #expect(days.contains("advertiser 7 has spend on 2026-05-01 already"))
        #expect(days.contains("choose a later day"))
        #expect(await set(tables, "Asia/Tokyo", "2026-05-01") == 2)
        #expect(await set(tables, "Asia/Tokyo", "tomorrow") == 2)
        #expect(await set(tables, "Asia/Tokyo", "2026-05-02") == 2)
        #expect(await set(tables, "Asia/Tokyo", "2026-05-03") == 0)
        #expect(await SluiceCommand.execute(["zones", "set", "--zone", "UTC"] + tables.options) == 2)
    }

    /// Zones are up to 26 hours apart: the later date begins earlier, and a moment would belong to two days.
    @Test func aDayThatBeginsBeforeTheOneBeforeItIsRefused() async throws {
        let tables = try await MigratedTables()
        #expect(await set(tables, "Etc/GMT+12", "2026-04-01") == 0)
        let text = try refusal(tables, "Pacific/Kiritimati", "2026-04-02")
        #expect(text.contains("the day 2026-04-02 of Pacific/Kiritimati begins before"), "\(text)")
        #expect(await set(tables, "Pacific/Kiritimati", "2026-04-03") == 0)
        // The 2nd of April has no moment, and the 1st ends where the 3rd begins.
        try tables.add([
            .init(minute: "2026-04-02 09:59:00+00", nanos: "1"), .init(minute: "2026-04-02 10:00:00+00", nanos: "2"),
        ])
        let days = try tables.connection.query(
            """
            SELECT day::text, to_char(starts_at AT TIME ZONE 'UTC', 'DD HH24'), to_char(ends_at AT TIME ZONE 'UTC', 'DD HH24')
            FROM \(tables.schemas.spend("day")) ORDER BY day
            """
        ).map { [try $0.string(0), try $0.string(1), try $0.string(2)] }
        #expect(days == [["2026-04-01", "01 12", "02 10"], ["2026-04-03", "02 10", "03 10"]])
    }
}
