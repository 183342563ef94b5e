import ArgumentParser
import Postgres
import Testing

@testable import Sluice

/// `sluice spend --level`, against the views as the service makes them.
@Suite struct LevelQueryTests {
    /// Two campaigns over the spring change of Berlin's clocks, with a credit for the first day.
    private func tables() async throws -> MigratedTables {
        let tables = try await MigratedTables()
        try tables.connection.execute("SELECT \(tables.schemas.spend("set_zone"))(7, 'Europe/Berlin', '2026-03-01')")
        try tables.add([
            .init(minute: "2026-03-28 22:59:00+00", impressions: 3, nanos: "1500000001"),
            .init(minute: "2026-03-28 23:00:00+00", nanos: "500000000", ad: 701),
            .init(
                minute: "2026-03-29 21:59:00+00", campaign: 71, currency: "GBP", nanos: "99999999999999999999999999999"),
        ])
        try tables.adjust(1, at: "2026-03-28 22:59:30+00", nanos: "-250000000", reference: "=HYPERLINK(1)")
        return tables
    }

    private func answer(_ tables: MigratedTables, _ query: LevelQuery) throws -> SpendAnswer {
        try query.answer(in: tables.schemas, on: tables.connection)
    }

    /// The cells of a column.
    private func column(_ name: String, _ table: Table) -> [Table.Cell] {
        guard let index = table.columns.firstIndex(where: { $0.name == name }) else { return [] }
        return table.rows.map { $0[index] }
    }

    @Test(arguments: SpendLevel.allCases.filter { $0 != .adjustment })
    func everyLevelAddsUpToTheSame(_ level: SpendLevel) async throws {
        let tables = try await tables()
        let answer = try answer(tables, LevelQuery(level: level))
        #expect(!answer.hasMore)
        #expect(answer.cursor == nil)
        let totals = try #require(answer.totals)
        #expect(column("total", totals) == [.text("EUR"), .text("GBP")])
        #expect(column("spend", totals) == [.nanos(2_000_000_001), .nanos(Int128("99999999999999999999999999999")!)])
        #expect(column("impressions", totals) == [.number(4), .number(1)])
        let hasAdjustments = level.amounts.contains("adjustment")
        #expect(column("adjustments", totals) == (hasAdjustments ? [.nanos(-250_000_000), .nanos(0)] : []))
        #expect(column("net", totals).first == (hasAdjustments ? .nanos(1_750_000_001) : nil))
        let names = answer.rows.columns.map(\.name)
        #expect(Array(names.prefix(level.keys.count)) == level.keys)
        #expect(names.contains("status") == (level.window != .lifetime))
        #expect(names.suffix(2) == ["revision", "changed_at"])
        for format in Table.Format.allCases {
            #expect(!answer.rendered(as: format).isEmpty)
            #expect(answer.notes(as: format) == "")
        }
    }

    @Test func aDayIsTheAdvertisers() async throws {
        let tables = try await tables()
        try tables.setWatermark("2026-03-29 21:59:59+00")
        var query = LevelQuery(level: .day, filter: SpendFilter(campaign: 70))
        let rows = try answer(tables, query).rows
        #expect(column("day", rows) == [.text("2026-03-28"), .text("2026-03-29")])
        #expect(column("starts_at", rows) == [.text("2026-03-27T23:00:00Z"), .text("2026-03-28T23:00:00Z")])
        // The clocks change: 23 hours.
        #expect(column("ends_at", rows) == [.text("2026-03-28T23:00:00Z"), .text("2026-03-29T22:00:00Z")])
        #expect(column("status", rows) == [.text("closed"), .text("open")])
        #expect(column("adjustment_count", rows) == [.number(1), .number(0)])
        // A credit for a day that is closed.
        try tables.adjust(2, at: "2026-03-28 10:00:00+00", nanos: "-1")
        query.filter.to = "2026-03-29"
        let corrected = try answer(tables, query).rows
        #expect(column("status", corrected) == [.text("corrected")])
        #expect(column("revision", corrected) == [.number(3)])
        #expect(column("net", corrected) == [.nanos(1_250_000_000)])
        query.filter = SpendFilter(from: "2026-03-29")
        #expect(column("campaign_id", try answer(tables, query).rows) == [.identifier(70), .identifier(71)])
    }

    @Test func filtersAndLimits() async throws {
        let tables = try await tables()
        var query = LevelQuery(level: .hour)
        query.filter.currency = "EUR"
        query.filter.from = "2026-03-28T23:00:00Z"
        #expect(column("hour", try answer(tables, query).rows) == [.text("2026-03-28T23:00:00Z")])
        query.filter = SpendFilter(to: "2026-03-28T23:00:00Z")
        #expect(column("spend", try answer(tables, query).rows) == [.nanos(1_500_000_001)])
        query.filter = SpendFilter(advertiser: 8)
        let none = try answer(tables, query)
        #expect(none.rendered(as: .table).hasSuffix("(no rows)\n"))
        #expect(none.rendered(as: .json) == "[]\n")
        query = LevelQuery(level: .adHour, limit: 2)
        let some = try answer(tables, query)
        #expect(some.rows.rows.count == 2)
        #expect(some.hasMore)
        #expect(some.notes(as: .csv).contains("--limit"))
        // The totals are of everything that was asked for.
        #expect(try column("impressions", #require(some.totals)) == [.number(4), .number(1)])
        // The largest first.
        let lifetimes = try answer(tables, LevelQuery(level: .lifetime)).rows
        #expect(column("campaign_id", lifetimes) == [.identifier(71), .identifier(70)])
    }

    @Test func amountsAreExactInEveryFormat() async throws {
        let tables = try await tables()
        let answer = try answer(tables, LevelQuery(level: .lifetime))
        #expect(answer.rendered(as: .json).contains("\"spend\":\"99999999999999999999.999999999\""))
        #expect(answer.rendered(as: .csv).contains("70,EUR,2.000000001,-0.25,1.750000001,"))
        #expect(answer.rendered(as: .table).contains("99,999,999,999,999,999,999.999999999"))
    }

    // MARK: What changed since

    @Test func onlyWhatChangedIsAnsweredWithTheNextCursor() async throws {
        let tables = try await tables()
        var query = LevelQuery(level: .hour, since: "")
        let first = try answer(tables, query)
        #expect(first.rows.rows.count == 3)
        #expect(first.totals == nil)
        let cursor = try #require(first.cursor)
        #expect(first.rendered(as: .json).hasPrefix("{\"rows\":[\n{"))
        #expect(first.rendered(as: .json).hasSuffix("],\n\"next_cursor\":\"\(cursor)\"}\n"))
        #expect(first.notes(as: .json) == "")
        #expect(first.notes(as: .csv) == "sluice: next cursor \(cursor)\n")
        query.since = try await tables.settledCursor()
        let nothing = try answer(tables, query)
        #expect(nothing.rows.rows.isEmpty)
        #expect(nothing.rendered(as: .json) == "{\"rows\":[],\n\"next_cursor\":\"\(try #require(nothing.cursor))\"}\n")
        try tables.add([.init(minute: "2026-03-28 22:30:00+00", nanos: "5")])
        let changed = try answer(tables, query)
        #expect(column("hour", changed.rows) == [.text("2026-03-28T22:00:00Z")])
        query.filter.campaign = 71
        #expect(try answer(tables, query).rows.rows.isEmpty)
    }

    /// A transaction that was under way when the cursor was taken, and commits after one that began later.
    @Test func whatCommitsLateIsNotMissed() async throws {
        let tables = try await tables()
        let slow = try PostgresConnection(tables.configuration)
        try tables.begin([.init(minute: "2026-03-28 22:59:00+00", nanos: "7", partition: 1)], on: slow)
        try tables.add([.init(minute: "2026-03-28 23:00:00+00", nanos: "8", ad: 701, partition: 2)])
        for level in SpendLevel.allCases where level != .adjustment {
            let before = try answer(tables, LevelQuery(level: level, since: ""))
            #expect(before.cursor != nil, "\(level)")
        }
        let cursor = try #require(try answer(tables, LevelQuery(level: .minute, since: "")).cursor)
        try slow.execute("COMMIT")
        for level in SpendLevel.allCases where level != .adjustment {
            let after = try answer(tables, LevelQuery(level: level, since: cursor)).rows
            let spent = column("spend", after).reduce(Int128(0)) { sum, cell in
                if case .nanos(let nanos) = cell, nanos < 10_000_000_000 { sum + nanos } else { sum }
            }
            // The late one and, once more, the one that came between: its windows as they are now.
            #expect(spent == 2_000_000_016, "\(level)")
        }
    }

    /// Rows that the version before writes, which knows of no levels.
    @Test func whatTheVersionBeforeWritesIsAChangeToo() async throws {
        let tables = try await tables()
        let cursor = try await tables.settledCursor()
        try tables.connection.execute(
            """
            INSERT INTO \(tables.schemas.spend("minute_by_partition")) (minute, campaign_id, advertiser_id, currency,
                source_partition, impressions, clicks, conversions, video_views, invalid_events, spend_nanos, late_events)
            VALUES ('2026-03-28 22:40:00+00', 70, 7, 'EUR', 0, 1, 0, 0, 0, 0, 9, 0)
            """)
        for level in SpendLevel.allCases where level != .adjustment {
            let changed = try answer(tables, LevelQuery(level: level, since: cursor)).rows
            #expect(changed.rows.count == 1, "\(level)")
        }
    }

    @Test(arguments: ["7", "a.b.c.d", "1.1.1.1; DROP TABLE x"])
    func whatIsNoCursorIsRefused(_ text: String) async throws {
        let tables = try await MigratedTables()
        #expect(throws: PostgresError.self) { try answer(tables, LevelQuery(level: .lifetime, since: text)) }
        #expect(await SluiceCommand.execute(["spend", "--level", "day", "--since", text] + tables.options) == 2)
    }

    /// After a rewind there may be no windows at all; the cursor of before must not be taken for good.
    @Test func aCursorOfOtherResultsIsRefused() async throws {
        let tables = try await tables()
        let cursor = try #require(try answer(tables, LevelQuery(level: .day, since: "")).cursor)
        try tables.connection.execute(
            """
            SELECT \(tables.schemas.spend("forget_partition"))(0);
            SELECT \(tables.schemas.spend("forget_partition"))(0, 'adjustments')
            """)
        let session = try PostgresConnection(tables.configuration)
        let error = #expect(throws: PostgresError.self) {
            try LevelQuery(level: .day, since: cursor).answer(in: tables.schemas, on: session)
        }
        #expect(error?.sqlState == "SLU02")
        let failure = CommandFailure(try #require(error))
        #expect(failure.code == .usage)
        #expect(failure.message.contains("Read everything again"))
        // Another timeline, as after a failover.
        var parts = cursor.split(separator: ".").map(String.init)
        parts[1] = String(try #require(Int(parts[1])) + 1)
        let other = parts.joined(separator: ".")
        #expect(await SluiceCommand.execute(["spend", "--level", "day", "--since", other] + tables.options) == 2)
    }

    // MARK: Conversion

    /// Halves go to the even nano, in both directions; PostgreSQL's own rounding takes them away from 0.
    @Test(arguments: [
        ("1", "0.5", "0"), ("3", "0.5", "2"), ("5", "0.5", "2"), ("7", "0.5", "4"), ("-1", "0.5", "0"),
        ("-3", "0.5", "-2"), ("-5", "0.5", "-2"), ("1", "0.50000000000000000001", "1"),
        ("3", "0.49999999999999999999", "1"), ("1000000000", "1.0834", "1083400000"),
        ("100", "1.125", "112"), ("300", "1.005", "302"), ("-100", "1.125", "-112"),
        ("9999999999999999999999999999", "1.5", "14999999999999999999999999998"),
    ])
    func halvesGoToTheEvenNano(_ nanos: String, _ rate: String, _ expected: String) async throws {
        let connection = try PostgresConnection(
            PostgresConfiguration(connectionString: try await MigratedTables.server()))
        let rounded = CurrencyConversion.halfEven("p")
        let row = try connection.query("SELECT \(rounded) FROM (SELECT \(nanos)::numeric * \(rate) AS p) AS product")
            .first
        #expect(try row?.string(0) == expected)
    }

    @Test func aWindowIsConvertedByTheNewestRateOfItsDay() async throws {
        let tables = try await tables()
        try tables.setRate("EUR", "USD", "2026-01-01", "1.125")
        try tables.setRate("EUR", "USD", "2026-03-29", "1.5")
        try tables.setRate("EUR", "USD", "2026-03-30", "77")
        try tables.setRate("USD", "EUR", "2026-01-01", "88")
        let filter = SpendFilter(campaign: 70)
        // Both hours are on the 28th of UTC; the days are the advertiser's.
        let hours = try answer(tables, LevelQuery(level: .hour, filter: filter, target: "USD"))
        #expect(column("rate", hours.rows) == [.text("1.125"), .text("1.125")])
        #expect(column("converted_spend", hours.rows) == [.nanos(1_687_500_001), .nanos(562_500_000)])
        #expect(column("spend", hours.rows) == [.nanos(1_500_000_001), .nanos(500_000_000)])
        let days = try answer(tables, LevelQuery(level: .day, filter: filter, target: "USD"))
        #expect(column("rate", days.rows) == [.text("1.125"), .text("1.5")])
        #expect(column("converted_adjustments", days.rows) == [.nanos(-281_250_000), .nanos(0)])
        #expect(column("converted_net", days.rows) == [.nanos(1_406_250_001), .nanos(750_000_000)])
        #expect(days.rendered(as: .json).contains("\"converted_currency\":\"USD\",\"rate\":\"1.125\""))
        // A lifetime is its days, each with its own rate.
        for level in [SpendLevel.lifetime, .advertiserLifetime] {
            var query = LevelQuery(level: level, filter: SpendFilter(currency: "EUR"), target: "USD")
            let whole = try answer(tables, query)
            #expect(column("converted_net", whole.rows) == [.nanos(2_156_250_001)])
            #expect(column("net", whole.rows) == [.nanos(1_750_000_001)])
            #expect(column("rate", whole.rows).isEmpty)
            query.since = ""
            #expect(column("converted_net", try answer(tables, query).rows) == [.nanos(2_156_250_001)])
        }
    }

    @Test func totalsAreConvertedTooAndAddedUp() async throws {
        let tables = try await tables()
        try tables.setRate("GBP", "EUR", "2026-01-01", "0.000000000000000001")
        let totals = try #require(try answer(tables, LevelQuery(level: .day, target: "EUR")).totals)
        #expect(column("total", totals) == [.text("EUR"), .text("GBP"), .text("all in EUR")])
        // Its own currency needs no rate.
        #expect(
            column("converted_net", totals) == [
                .nanos(1_750_000_001), .nanos(100_000_000_000), .nanos(101_750_000_001),
            ])
        #expect(column("net", totals).last == .null)
        let none = try answer(tables, LevelQuery(level: .day, filter: SpendFilter(campaign: 1), target: "EUR"))
        #expect(none.totals?.rows.isEmpty == true)
    }

    @Test(arguments: [SpendLevel.hour, .day, .lifetime, .advertiserLifetime])
    func aMissingRateIsNamed(_ level: SpendLevel) async throws {
        let tables = try await tables()
        try tables.setRate("EUR", "USD", "2026-03-29", "1.5")
        try tables.setRate("GBP", "USD", "2026-01-01", "1.2")
        let error = #expect(throws: CommandFailure.self) {
            try answer(tables, LevelQuery(level: level, target: "USD"))
        }
        #expect(error?.code == .usage)
        #expect(
            error?.message == "no rate from EUR to USD is valid on 2026-03-28: add it with `sluice rates import`")
        try tables.connection.execute("ROLLBACK")
        try tables.connection.execute("DELETE FROM \(tables.schemas.spend("exchange_rate"))")
        let more = #expect(throws: CommandFailure.self) {
            try answer(tables, LevelQuery(level: .day, target: "USD"))
        }
        #expect(more?.message.contains("on 2026-03-28 (and 2 more of a currency and a day)") == true)
    }

    // MARK: The ledger

    @Test func theLedgerShowsChargesAndCreditsApart() async throws {
        let tables = try await tables()
        try tables.adjust(3, at: "2026-03-29 10:00:00+00", nanos: "40", reason: "manual")
        try tables.adjust(1, at: "2026-03-28 22:59:30+00", nanos: "-1", reference: "another")
        var query = LedgerQuery()
        let answer = try query.answer(in: tables.schemas, on: tables.connection)
        #expect(column("charge", answer.rows) == [.null, .nanos(40)])
        #expect(column("credit", answer.rows) == [.nanos(-250_000_000), .null])
        #expect(column("reason", answer.rows) == [.text("invalid_traffic"), .text("manual")])
        #expect(column("repeats", answer.rows) == [.number(1), .number(0)])
        #expect(column("conflicts", answer.rows) == [.number(1), .number(0)])
        #expect(column("adjustment_id", answer.rows).first == .text("00000000000000000000000000000001"))
        #expect(
            answer.totals?.rows == [[.text("EUR"), .number(2), .nanos(40), .nanos(-250_000_000), .nanos(-249_999_960)]])
        // A spreadsheet must not run what somebody wrote as a reference.
        #expect(answer.rendered(as: .csv).contains(",\"'=HYPERLINK(1)\","))
        query.filter = SpendFilter(campaign: 70, from: "2026-03-29T00:00:00Z")
        query.limit = 1
        let later = try query.answer(in: tables.schemas, on: tables.connection)
        #expect(column("charge", later.rows) == [.nanos(40)])
        #expect(!later.hasMore)
    }

    // MARK: What does not fit

    @Test(
        arguments: [
            (["--level", "week"], "level"), (["--level", "day", "--by", "minute"], "--by or --level"),
            (["--since", ""], "--since needs --level"), (["--in", "USD"], "--in needs --level"),
            (["--level", "day", "--since", "", "--limit", "5"], "would lose changes"),
            (["--level", "day", "--in", "usd"], "three letters"),
            (["--level", "adjustment", "--in", "USD"], "never converted"),
            (["--level", "adjustment", "--since", ""], "--level hour"),
            (["--level", "advertiser-day", "--campaign", "1"], "--level day"),
            (["--level", "advertiser-lifetime", "--campaign", "1"], "--level lifetime"),
            (["--level", "lifetime", "--from", "2026-01-01"], "everything"),
            (["--level", "advertiser-lifetime", "--to", "2026-01-01"], "everything"),
            (["--level", "day", "--from", "now-2h"], "takes a date"),
            (["--level", "advertiser-day", "--to", "2026-01-15T00:00:00Z"], "takes a date"),
            (["--level", "day", "--from", "2026-02-30"], "takes a date"),
            (["--level", "hour", "--from", "soon"], "RFC 3339"),
            (["--level", "hour", "--from", "2026-01-15T08:00:00Z", "--to", "2026-01-15T08:00:00Z"], "is not before"),
            (["--level", "day", "--from", "2026-01-15", "--to", "2026-01-14"], "is not before"),
            (["--level", "day", "--limit", "0"], "--limit"),
        ])
    func whatDoesNotFitIsRefused(_ arguments: [String], _ part: String) async throws {
        let all = ["spend", "--postgres", "host=127.0.0.1 port=1"] + arguments
        #expect(await SluiceCommand.execute(all) == 2)
        do {
            guard let command = try SluiceCommand.parseAsRoot(all) as? SpendCommand else { return }
            try await command.run()
            Issue.record("it was accepted")
        } catch let failure as CommandFailure {
            #expect(failure.message.contains(part), "\(failure.message)")
        } catch {
            #expect(SluiceCommand.message(for: error).contains(part))
        }
    }

    @Test func theCommandAnswersEveryLevelInEveryFormat() async throws {
        let tables = try await tables()
        for level in SpendLevel.allCases {
            for format in ["table", "csv", "json"] {
                let arguments = ["spend", "--level", level.rawValue, "--format", format] + tables.options
                #expect(await SluiceCommand.execute(arguments) == 0, "\(level) \(format)")
            }
        }
        let missing = ["spend", "--level", "day", "--in", "CHF"] + tables.options
        #expect(await SluiceCommand.execute(missing) == 2)
        #expect(
            await SluiceCommand.execute(
                ["spend", "--level", "day", "--schema-prefix", "none_"] + tables.options.prefix(2)) == 3)
    }
}
