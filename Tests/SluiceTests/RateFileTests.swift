import Foundation
import Postgres
import Testing

@testable import Sluice

/// `sluice rates`.
@Suite struct RateFileTests {
    private static let header = "from_currency,to_currency,valid_from,rate,source\n"

    private func parse(_ text: String) throws -> [ExchangeRate] {
        try RateFile.parse(Array(text.utf8), path: "rates.csv")
    }

    @Test func ratesAreReadAsTheyAreWritten() throws {
        let rates = try parse(
            "\u{FEFF}from_currency,to_currency,valid_from,rate,source\r\n"
                + "EUR,USD,2026-01-01,1.0834,\"ECB, \"\"fixing\"\"\"\r\n\r\n\"GBP\",USD,2026-01-02,1\r\n")
        #expect(
            rates == [
                ExchangeRate(
                    from: "EUR", to: "USD", validFrom: CalendarDate("2026-01-01")!, rate: "1.0834",
                    source: "ECB, \"fixing\""),
                ExchangeRate(from: "GBP", to: "USD", validFrom: CalendarDate("2026-01-02")!, rate: "1", source: ""),
            ])
        #expect(try parse("from_currency,to_currency,valid_from,rate").isEmpty)
    }

    @Test(
        arguments: [
            ("EUR,USD,2026-01-01", "line 2: has 3 fields"), ("EUR,USD,2026-01-01,1,a,b", "line 2: has 6 fields"),
            ("eur,USD,2026-01-01,1", "\"eur\" is not a currency"),
            ("EUR,USDX,2026-01-01,1", "\"USDX\" is not a currency"),
            ("EUR,EUR,2026-01-01,1", "not converted into itself"),
            ("EUR,USD,2026-02-29,1", "\"2026-02-29\" is not a date"),
            ("EUR,USD,01/02/2026,1", "is not a date"), ("EUR,USD,0000-01-01,1", "is not a date"),
            ("EUR,USD,2026-01-01,0", "is not a rate"), ("EUR,USD,2026-01-01,0.000", "is not a rate"),
            ("EUR,USD,2026-01-01,-1", "is not a rate"), ("EUR,USD,2026-01-01,1e3", "is not a rate"),
            ("EUR,USD,2026-01-01,NaN", "is not a rate"), ("EUR,USD,2026-01-01,infinity", "is not a rate"),
            ("EUR,USD,2026-01-01,\"1,08\"", "\"1,08\" is not a rate"), ("EUR,USD,2026-01-01,.5", "is not a rate"),
            ("EUR,USD,2026-01-01,5.", "is not a rate"), ("EUR,USD,2026-01-01,1.2.3", "is not a rate"),
            ("EUR,USD,2026-01-01,1234567890123", "is not a rate"), ("EUR,USD,2026-01-01,", "is not a rate"),
            ("EUR,USD,2026-01-01,0.123456789012345678901", "is not a rate"),
            (
                "EUR,USD,2026-01-01,\(String(repeating: "9", count: 50))",
                "\"\(String(repeating: "9", count: 40))…\" is not a rate"
            ),
            ("EUR,USD,2026-01-01,\"1", "line 2: a quoted field does not end"),
            ("EUR,USD,2026-01-01,\"1\"x", "does not end"),
            (
                "EUR,USD,2026-01-01,1\nGBP,USD,2026-01-01,1\nEUR,USD,2026-01-01,2",
                "line 4: line 2 has a rate from EUR to USD"
            ),
            ("EUR,USD,2026-01-01,1,\(String(repeating: "x", count: 201))", "longer than 200 bytes"),
        ])
    func theFirstFaultIsNamedWithItsLine(_ line: String, _ part: String) throws {
        let error = #expect(throws: CommandFailure.self) { try parse(Self.header + line + "\n") }
        #expect(error?.code == .usage)
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("rates.csv, line ") == true)
        #expect(error?.message.hasSuffix("; nothing was imported") == true)
    }

    @Test func filesThatAreNone() throws {
        for (text, part) in [("", "empty"), ("\n\n", "empty"), ("rate,from\n", "the header must be")] {
            let error = #expect(throws: CommandFailure.self) { try parse(text) }
            #expect(error?.message.contains(part) == true)
        }
        #expect(throws: CommandFailure.self) { try RateFile.parse([0xFF, 0xFE], path: "x") }
        #expect(throws: CommandFailure.self) { try RateFile.read("/nonexistent/rates.csv") }
        #expect(throws: CommandFailure.self) { try RateFile.read("/tmp") }
        let line = "EUR,USD,2026-01-01,1,\n"
        let large = [UInt8]((Self.header + String(repeating: line, count: 3)).utf8)
        #expect(throws: CommandFailure.self) { try RateFile.parse(large, path: "x") }
        let folder = try TemporaryFolder()
        let path = folder.path + "/large.csv"
        try Data(count: RateFile.maximumBytes + 1).write(to: URL(filePath: path))
        let error = #expect(throws: CommandFailure.self) { try RateFile.read(path) }
        #expect(error?.message.contains("import it in parts") == true)
    }

    @Test func anImportIsAllOrNothingAndReplaces() async throws {
        let tables = try await MigratedTables()
        let folder = try TemporaryFolder()
        func importing(_ lines: String) async throws -> Int32 {
            let path = folder.path + "/rates.csv"
            try Data((Self.header + lines).utf8).write(to: URL(filePath: path))
            return await SluiceCommand.execute(["rates", "import", path] + tables.options)
        }
        let store = RateStore(schemas: tables.schemas, connection: tables.connection)
        #expect(try await importing("EUR,USD,2026-01-01,1.1,=a\nEUR,USD,2026-01-02,1.20,a\n") == 0)
        #expect(try await importing("EUR,USD,2026-01-03,1.3,a\nEUR,USD,2026-01-04,nothing,a\n") == 2)
        #expect(try store.list(from: nil, to: nil, limit: 10).rows.count == 2)
        let path = folder.path + "/again.csv"
        try Data((Self.header + "EUR,USD,2026-01-01,1.1,=a\nEUR,USD,2026-01-02,1.21,b\nGBP,USD,2026-01-02,2,\n").utf8)
            .write(to: URL(filePath: path))
        let counts = try store.store(try RateFile.read(path))
        #expect((counts.new, counts.replaced, counts.same) == (1, 1, 1))
        let list = try store.list(from: "EUR", to: "USD", limit: 10)
        #expect(
            list.rows == [
                [.text("EUR"), .text("USD"), .text("2026-01-02"), .text("1.21"), .text("b")],
                [.text("EUR"), .text("USD"), .text("2026-01-01"), .text("1.1"), .text("=a")],
            ])
        #expect(list.rendered(as: .csv).contains("EUR,USD,2026-01-01,1.1,\"'=a\"\r\n"))
        for format in ["table", "csv", "json"] {
            #expect(await SluiceCommand.execute(["rates", "list", "--format", format] + tables.options) == 0)
        }
        #expect(await SluiceCommand.execute(["rates", "list", "--limit", "0"] + tables.options) == 2)
        #expect(await SluiceCommand.execute(["rates", "import"] + tables.options) == 2)
        let unreachable = ["rates", "import", path, "--postgres", "host=127.0.0.1 port=1 user=nobody"]
        #expect(await SluiceCommand.execute(unreachable) == 3)
    }

    @Test func theTableTakesNoRateThatIsNoNumber() async throws {
        let tables = try await MigratedTables()
        for rate in ["'NaN'", "'infinity'", "0", "-1"] {
            let error = #expect(throws: PostgresError.self) { try tables.setRate("EUR", "USD", "2026-01-01", rate) }
            #expect(error?.sqlState == "23514", "\(rate)")
        }
    }
}
