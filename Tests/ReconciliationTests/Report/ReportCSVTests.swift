import Testing

@testable import Reconciliation

struct ReportCSVTests {
    /// The records of a text, by the module's strict reader of ledgers.
    static func records(_ text: String) throws -> [[String]] {
        var records: [[String]] = []
        var parser = LedgerCSVParser(source: "test")
        try parser.parse(text.utf8) { records.append($0.cells) }
        try parser.finish { records.append($0.cells) }
        return records
    }

    @Test func differencesComeBack() throws {
        let report = try SampleReports.mismatch().sealed()
        let records = try Self.records(report.rendered(as: .csv))
        #expect(
            records[0] == [
                "id", "check", "class", "time", "advertiser_id", "campaign_id", "currency", "key", "difference",
                "difference_nanos", "columns", "events", "event_count", "explanation",
            ])
        #expect(records.count == 8)
        #expect(
            records[2] == [
                "\(report.id)-2", "hour", "counted_twice", "2026-01-01T08:17:00Z", "7", "7001", "USD",
                "hour=2026-01-01T08:17:00Z advertiser_id=7 campaign_id=7001 currency=USD", "-0.0025", "-2500000",
                "impressions: 1204 -> 1204; clicks: 31 -> 30; spend_nanos: 412500000000 -> 412497500000",
                "ad-events/2/88213 ad-events/2/88214", "2",
                "One event of the log is not in this row: the row would be right with it.",
            ])
    }

    @Test func linesEndAsTheStandardSays() throws {
        let text = try SampleReports.mismatch().sealed().rendered(as: .csv)
        #expect(text.utf8.count { $0 == 0x0A } == 8 && text.utf8.count { $0 == 0x0D } == 8)
    }

    @Test func nothingIsAFormula() throws {
        for text in [
            try SampleReports.hostileReport().sealed().rendered(as: .csv), SampleReports.hostileReport().checksCSV(),
        ] {
            let records = try Self.records(text)
            #expect(Set(records.map(\.count)).count == 1)
            for cell in records.joined() {
                guard let first = cell.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first) else { continue }
                #expect(Nanos(units: cell) != nil, "\(cell)")
            }
            #expect(records.joined().contains("'=HYPERLINK(\"http://evil\")"))
        }
    }

    @Test func numbersStayNumbers() {
        #expect(ReportCSV.cell("-12.5") == "-12.5" && ReportCSV.cell("-7") == "-7" && ReportCSV.cell("0.5") == "0.5")
        for text in ["-", "-1+1", "-.5", "-1.", "-1.2.3", "--1", "-1 ", "-１", "+1"] {
            #expect(ReportCSV.cell(text) == "\"'\(text)\"", "\(text)")
        }
        #expect(ReportCSV.cell("a\"\u{301}b") == "\"a\"\"\u{301}b\"")
    }

    @Test func checksComeBack() throws {
        let records = try Self.records(SampleReports.match().checksCSV())
        #expect(records[0] == ["check", "title", "status", "compared", "differing", "note"])
        #expect(records[1] == ["minute", "Minutes of campaigns, against the log", "match", "48212", "0", ""])
        #expect(records[7][5] == "No topic of budgets is configured.")
    }
}
