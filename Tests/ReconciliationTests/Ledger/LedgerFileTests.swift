import Foundation
import Testing

@testable import Reconciliation

struct LedgerFileTests {
    static let header = "advertiser_id,campaign_id,day,currency,amount\n"
    /// January 2026.
    static let january = Int32(CivilTime.day("2026-01-01")!)..<Int32(CivilTime.day("2026-02-01")!)

    static func entries(_ bytes: [UInt8], days: Range<Int32> = january, limit: Int = 100) throws -> [LedgerEntry] {
        let path = FileManager.default.temporaryDirectory.appending(path: "ledger-\(UUID().uuidString).csv").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(filePath: path))
        do {
            let file = try LedgerFile(path: path, days: days, limit: limit)
            var entries: [LedgerEntry] = []
            while let entry = file.next() { entries.append(entry) }
            return entries
        } catch var error as LedgerError {
            // The file's name is another one each time.
            #expect(error.source == path.split(separator: "/").last.map(String.init))
            error.source = "f"
            throw error
        }
    }

    static func entries(_ text: String) throws -> [LedgerEntry] { try entries(Array(text.utf8)) }

    static func message(_ bytes: [UInt8], limit: Int = 100) -> String {
        do {
            return "\(try entries(bytes, limit: limit).count) read"
        } catch { return "\(error)" }
    }

    static func message(_ text: String, limit: Int = 100) -> String { message(Array(text.utf8), limit: limit) }

    static func entry(_ day: String, _ campaign: Int64, _ currency: String, _ nanos: Int128) -> LedgerEntry {
        LedgerEntry(
            LedgerKey(
                day: Int32(CivilTime.day(day)!), advertiserID: 7, campaignID: campaign,
                currency: LedgerCurrency(currency)!),
            nanos: nanos)
    }

    @Test func rowsComeInOrder() throws {
        let text =
            Self.header + "7,70,2026-01-15,USD,12.5\n7,70,2026-01-15,EUR,-0.000000001\n7,9,2026-01-02,EUR,1000000\n"
        #expect(
            try Self.entries(text) == [
                Self.entry("2026-01-02", 9, "EUR", 1_000_000_000_000_000), Self.entry("2026-01-15", 70, "EUR", -1),
                Self.entry("2026-01-15", 70, "USD", 12_500_000_000),
            ])
    }

    @Test(arguments: [
        "\u{FEFF}advertiser_id,campaign_id,day,currency,amount\r\n7,70,2026-01-15,EUR,1.00\r\n",
        "\u{FEFF}\"advertiser_id\",campaign_id,day,currency,amount\n7,70,2026-01-15,EUR,1.00",
        "amount,note,currency,day,campaign_id,advertiser_id\n1.00,\"a, \"\"b\"\"\nc\",EUR,2026-01-15,70,7\n",
        "advertiser_id,campaign_id,day,currency,amount\n\"7\",\"70\",\"2026-01-15\",\"EUR\",\"1.00000000000000\"\n\n\r\n",
        "advertiser_id,campaign_id,day,currency,amount\n7,70,2026-01-15,EUR,1\n7,70,2026-02-15,EUR,1\n7,70,2025-12-31,EUR,1\n",
    ])
    func ways(text: String) throws {
        #expect(try Self.entries(text) == [Self.entry("2026-01-15", 70, "EUR", 1_000_000_000)])
    }

    @Test func wholeRangesOfNumbersAreRead() throws {
        let text =
            Self.header
            + "-9223372036854775808,9223372036854775807,2026-01-15,EUR,-9999999999999999999999999999.999999999\n"
        let entry = try #require(try Self.entries(text).first)
        #expect(entry.key.advertiserID == .min && entry.key.campaignID == .max)
        #expect(entry.nanos == -9_999_999_999_999_999_999_999_999_999_999_999_999)
    }

    static let amountRule =
        "It is digits with a point before at most nine decimals, and a minus before a credit: no separators of thousands, no "
        + "currency sign, no exponent."

    @Test(arguments: [
        ("", "f: The file is empty. Its first line names the columns: advertiser_id,campaign_id,day,currency,amount."),
        (
            "advertiser_id,campaign_id,date,currency,amount\n",
            "f, line 1: There is no column day. The first line names the columns: advertiser_id,campaign_id,day,currency,amount."
        ),
        (
            "advertiser_id;campaign_id;day;currency;amount\n",
            "f, line 1: There is no column advertiser_id. Cells are separated by commas."
        ),
        ("advertiser_id,campaign_id,day,day,currency,amount\n", "f, line 1: There are 2 columns day."),
        (
            header + "7,70,2026-01-15,EUR\n",
            "f, line 2: The line has 4 cells where the first line has 5. A cell with a comma in it needs quotes."
        ),
        (
            header + "7,70,2026-01-15,EUR,1,500.00\n",
            "f, line 2: The line has 6 cells where the first line has 5. A cell with a comma in it needs quotes."
        ),
        (
            header + "x,70,2026-01-15,EUR,1\n",
            "f, line 2: advertiser_id \"x\" is not one. It is a whole number of 64 bits."
        ),
        (header + "7,,2026-01-15,EUR,1\n", "f, line 2: campaign_id is empty. It is a whole number of 64 bits."),
        (
            header + "7,9223372036854775808,2026-01-15,EUR,1\n",
            "f, line 2: campaign_id \"9223372036854775808\" is not one. It is a whole number of 64 bits."
        ),
        (
            header + "7,70,2026-01-15,EUR,1\n7,70,15.01.2026,EUR,1\n",
            "f, line 3: day \"15.01.2026\" is not one. It is a date like 2026-01-15."
        ),
        (header + "7,70,2026-02-30,EUR,1\n", "f, line 2: day \"2026-02-30\" is not one. It is a date like 2026-01-15."),
        (header + "7,70,2026-01-15,eur,1\n", "f, line 2: currency \"eur\" is not one. It is three letters A to Z."),
        (header + "7,70,2026-01-15,EUR,\"1,500.00\"\n", "f, line 2: amount \"1,500.00\" is not one. \(amountRule)"),
        (header + "7,70,2026-01-15,EUR,1e3\n", "f, line 2: amount \"1e3\" is not one. \(amountRule)"),
        (header + "7,70,2026-01-15,EUR,0.1234567891\n", "f, line 2: amount \"0.1234567891\" is not one. \(amountRule)"),
        (header + "7,70,2026-01-15,EUR,\u{1B}[31m\n", "f, line 2: amount \"?[31m\" is not one. \(amountRule)"),
        (
            header + "7,70,2026-01-15,EUR,1\n7,71,2026-01-15,EUR,1\n07,70,2026-01-15,EUR,2\n",
            "f, line 4: Line 2 has the same advertiser 7, campaign 70, day 2026-01-15 and currency EUR. A ledger has one row for "
                + "each; add their amounts up."
        ),
        (
            header + "7,70,2026-01-15,EUR,1\n\n\n7,71,2026-01-15,EUR,1\n",
            "f, line 3: The line is empty, and more lines follow."
        ),
        ("\n" + header, "f, line 1: The line is empty, and more lines follow."),
        (header + "7,70,2026-01-15,EUR,\"1\n\n", "f, line 2: A quote is not closed before the file ends."),
        (
            header + "7,70,2026-01-15,E\"UR,1\n",
            "f, line 2: A quote stands in the middle of a cell. Quote the whole cell, and double the quote in it."
        ),
        (
            header + "7,70,2026-01-15,\"EUR\" ,1\n",
            "f, line 2: Something stands behind the closing quote of a cell. A quote within quotes is doubled."
        ),
        (
            "advertiser_id,campaign_id,day,currency,amount\r7,70,2026-01-15,EUR,1\r",
            "f, line 1: There is a carriage return without a line feed. Lines end with LF or CR LF."
        ),
        // The line counts on within quotes.
        (
            "advertiser_id,campaign_id,day,currency,amount,note\n7,70,2026-01-15,EUR,1,\"a\nb\nc\"\n7,70,never,EUR,1,\n",
            "f, line 5: day \"never\" is not one. It is a date like 2026-01-15."
        ),
    ])
    func faultsAreNamedWithTheirLines(text: String, message: String) { #expect(Self.message(text) == message) }

    @Test func otherEncodingsAreRefused() {
        let latin = Array(Self.header.utf8) + [0x37, 0x2C, 0xE4, 0x2C]
        #expect(Self.message(latin) == "f, line 2: The text is not UTF-8. Save the file as UTF-8.")
        let utf16 = [0xFF, 0xFE] + Array(Self.header.utf8.map { [$0, UInt8(0)] }.joined())
        #expect(Self.message(utf16) == "f, line 1: The text is not UTF-8. Save the file as UTF-8.")
    }

    @Test func memoryIsBounded() {
        let rows = (1...3).map { "7,\($0),2026-01-15,EUR,1\n" }.joined()
        #expect(Self.message(Self.header + rows, limit: 3) == "3 read")
        #expect(
            Self.message(Self.header + rows + "7,4,2026-01-15,EUR,1\n", limit: 3)
                == "f, line 5: The file has more than 3 rows of the days that are compared. Compare fewer days at once, or put the "
                + "ledger into a table.")
        // Rows of other days are not among them.
        #expect(Self.message(Self.header + rows + "7,4,2027-01-15,EUR,1\n", limit: 3) == "3 read")
        let long = Self.header + "7,70,2026-01-15,EUR," + String(repeating: "0", count: 70_000) + "\n"
        #expect(Self.message(long) == "f, line 2: A cell has more than 65536 bytes.")
        let wide = String(repeating: ",", count: 2000) + "\n"
        #expect(Self.message(wide) == "f, line 1: There are more than 1000 cells.")
    }

    @Test func aFileThatIsNotThereIsNamed() {
        #expect(throws: LedgerError(source: "billing.csv", "The file cannot be opened: No such file or directory.")) {
            try LedgerFile(path: "/nowhere/billing.csv", days: Self.january)
        }
        #expect(throws: LedgerError(source: "tmp", "The file cannot be read: Is a directory.")) {
            try LedgerFile(path: "/tmp", days: Self.january)
        }
    }

    @Test func cutsBetweenPortionsChangeNothing() throws {
        let text = Array("\u{FEFF}\"a\"\"\u{E4}\",b\r\nc,\"d\r\n\"\n\"\",\n".utf8)
        var expected: [[String]] = []
        for size in 1...text.count {
            var parser = LedgerCSVParser(source: "f")
            var records: [[String]] = []
            for start in stride(from: 0, to: text.count, by: size) {
                try parser.parse(text[start..<min(start + size, text.count)]) { records.append($0.cells) }
            }
            try parser.finish { records.append($0.cells) }
            if size == 1 { expected = records }
            #expect(records == expected)
        }
        #expect(expected == [["a\"\u{E4}", "b"], ["c", "d\r\n"], ["", ""]])
    }
}
