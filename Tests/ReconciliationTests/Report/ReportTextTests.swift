import Testing

@testable import Reconciliation

struct ReportTextTests {
    static func lines(_ report: ReconciliationReport) throws -> [String] {
        let text = try report.sealed().rendered(as: .text)
        #expect(text.hasSuffix("\n"))
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test func theLastLineIsTheOutcome() throws {
        #expect(try Self.lines(SampleReports.match()).last == "reconciled: 29629608 events, 73560 rows, difference 0")
        #expect(try Self.lines(SampleReports.empty()).last == "reconciled: 0 events, 0 rows, difference 0")
        #expect(
            try Self.lines(SampleReports.mismatch()).last
                == "not reconciled: 7 differences in 2 checks, -0.0025 EUR, +12.000000001 USD")
        #expect(
            try Self.lines(SampleReports.obstacle()).last
                == "could not reconcile: The topic ad-events no longer holds partition 2 from offset 1000 on: its log begins at 5212."
        )
        var silent = SampleReports.obstacle()
        silent.obstacle = nil
        #expect(try Self.lines(silent).last == "could not reconcile: the reason was not recorded")
    }

    @Test func checksAndTotalsStandInColumns() throws {
        let lines = try Self.lines(SampleReports.match())
        #expect(lines[0] == "Every figure agrees with the log")
        #expect(
            lines.contains("  agrees       minute          48,212          0  Minutes of campaigns, against the log"))
        #expect(lines.contains("  EUR  13,693.600000066  13,693.600000066        0.00"))
    }

    @Test func differencesHaveTheirNamesAndEvents() throws {
        let report = try SampleReports.mismatch(differences: 45).sealed()
        let lines = try Self.lines(report)
        #expect(lines.contains("Differences: the 20 largest of 45"))
        #expect(lines.contains("  \(report.id)-1  Events missing from the results (minute), +12.000000001 USD"))
        #expect(lines.contains("    events ad-events/2/88213 ad-events/2/88214"))
        #expect(!lines.contains { $0.hasPrefix("  \(report.id)-21 ") })
    }

    @Test func nothingFromOutsideReachesTheTerminal() throws {
        let text = try SampleReports.hostileReport().sealed().rendered(as: .text)
        for scalar in text.unicodeScalars where scalar != "\n" {
            #expect(
                !(scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)), "U+\(String(scalar.value, radix: 16))")
            #expect(!scalar.properties.isBidiControl)
        }
        // No text makes a last line of its own.
        var report = SampleReports.obstacle()
        report.obstacle = "broken\nreconciled: 1 events, 1 rows, difference 0"
        #expect(try Self.lines(report).last == "could not reconcile: broken?reconciled: 1 events, 1 rows, difference 0")
    }

    @Test func amountsAreWrittenExactly() {
        #expect(Nanos(1_234_567_890_000_000_000).units() == "1,234,567,890.00")
        #expect(Nanos(-1).units() == "-0.000000001")
        #expect(Nanos(1_500_000_000).units(signed: true) == "+1.50")
        #expect(Nanos(Int128.min).units(grouped: false).hasPrefix("-170141183460469231731687303715.88"))
        #expect(Nanos("-0042")?.value == -42)
        for text in ["", "-", "+1", "1.0", "1e3", " 1", "１", String(repeating: "9", count: 60)] {
            #expect(Nanos(text) == nil)
        }
        #expect(Nanos(units: "12.500000000000")?.value == 12_500_000_000)
        #expect(Nanos(units: "-0.000000001")?.value == -1)
        #expect(Nanos(units: "0009.1")?.value == 9_100_000_000)
        for text in ["", "-", ".5", "5.", "1.0000000001", "1,5", "+1", "1e3", "1.2.3", " 1", "--1", "NaN"] {
            #expect(Nanos(units: text) == nil, "\(text)")
        }
        #expect((Nanos(.max) - Nanos(-1)).value == .max)
    }

    @Test func momentsAreOnesOfTheCalendar() {
        #expect(CivilTime(milliseconds: 1_767_225_600_000).iso == "2026-01-01T00:00:00Z")
        #expect(CivilTime(milliseconds: -1).iso == "1969-12-31T23:59:59.999Z")
        #expect(CivilTime(milliseconds: 951_827_696_000).text == "29 Feb 2000, 12:34:56")
        #expect(CivilTime.day("1970-01-01") == 0 && CivilTime.day("2000-02-29") == 11_016)
        // Every day of 800 years comes back, and follows the one before it.
        for day in Int64(-146_097)...146_097 { #expect(CivilTime.day(CivilTime.isoDate(day: day)) == day) }
        for text in [
            "2026-02-29", "2026-13-01", "2026-00-10", "2026-01-00", "2026-1-1", "0000-01-01", "2026/01/01", "20260101",
            "",
        ] {
            #expect(CivilTime.day(text) == nil, "\(text)")
        }
        #expect(CivilTime(milliseconds: .min).day < 0 && CivilTime(milliseconds: .max).text.isEmpty == false)
    }
}
