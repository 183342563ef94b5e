import Testing

@testable import Sluice

@Suite struct FormattingTests {
    @Test(
        arguments: [
            (0, "0.00"), (1, "0.000000001"), (-1, "-0.000000001"), (1_500_000_000, "1.50"),
            (1_234_567_890_000_000_000, "1234567890.00"), (999_999_999, "0.999999999"), (10_000_000, "0.01"),
        ] as [(Int128, String)])
    func amountsAreExact(_ nanos: Int128, _ text: String) {
        #expect(Amount.text(nanos: nanos) == text)
    }

    @Test func amountsAreGroupedInTables() {
        #expect(Amount.text(nanos: 1_234_567_000_000_001, grouped: true) == "1,234,567.000000001")
        #expect(Amount.text(nanos: -1_234_000_000_000, grouped: true) == "-1,234.00")
        #expect(Amount.count(.min) == "-9,223,372,036,854,775,808")
        #expect(Amount.text(nanos: Int128(10) * 1_000_000_000, decimals: 4) == "10.0000")
        // The largest that numeric(38,0) holds.
        let most = Int128("99999999999999999999999999999999999999")!
        #expect(Amount.text(nanos: most) == "99999999999999999999999999999.999999999")
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-15T08:00:00Z", 1_768_464_000_000),
            ("2026-01-15T08:00:00.250+01:00", 1_768_460_400_250), ("2026-01-15", 1_768_435_200_000),
            ("2024-02-29T23:59:59Z", 1_709_251_199_000), ("1969-12-31T23:59:59.999Z", -1), ("now", 5_000),
            ("now-2s", 3_000), ("now+1m", 65_000),
        ] as [(String, Int64)])
    func instantsAreRead(_ text: String, _ milliseconds: Int64) {
        #expect(Instant(text, now: Instant(milliseconds: 5_000))?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "yesterday", "2026-02-29", "2026-13-01", "2026-01-15T24:00:00Z", "2026-01-15T08:00:00",
        "2026-01-15T08:00:00Zx", "now-", "now-2", "2026-01-15T08:00:00.Z", "2026-1-15",
    ])
    func otherTextsAreNoInstants(_ text: String) {
        #expect(Instant(text, now: .now) == nil)
    }

    @Test func instantsAreWrittenAsTheyAreRead() {
        var random = SeededRandom(seed: 29)
        for _ in 0..<2000 {
            let instant = Instant(milliseconds: random.within(-62_135_596_800_000...253_402_300_799_999))
            #expect(Instant(instant.description, now: .now) == instant)
        }
    }

    @Test func spansOfTime() {
        #expect(TimeSpan("90s")?.milliseconds == 90_000)
        #expect(TimeSpan("2h")?.milliseconds == 7_200_000)
        #expect(TimeSpan("250ms")?.description == "250 ms")
        #expect(TimeSpan(milliseconds: 4_260).description == "4.2 s")
        #expect(TimeSpan(milliseconds: 200_000).description == "3 m 20 s")
        for text in ["", "5", "s", "-1s", "1.5h", "99999999999999999999s", "9999999d"] {
            #expect(TimeSpan(text) == nil)
        }
    }

    @Test(arguments: [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("=1+1", "\"'=1+1\""),
        ("+1", "\"'+1\""), ("-1", "\"'-1\""), ("@sum", "\"'@sum\""), ("\tx", "\"'\tx\""), ("a\nb", "\"a\nb\""),
        ("=\"x\"", "\"'=\"\"x\"\"\""), ("", ""),
        // A quote with an accent on it is one character, and still a quote to whoever reads the file.
        ("a\"\u{301},=1", "\"a\"\"\u{301},=1\""),
    ])
    func csvFieldsAreSafe(_ text: String, _ field: String) {
        #expect(CSV.field(text) == field)
    }

    // pitfall: operations-csv-formulas
    @Test func tablesInEveryFormat() {
        var table = Table([
            Table.Column("name"), Table.Column("spend", numeric: true), Table.Column("some_count", numeric: true),
        ])
        table.rows = [
            [.text("=cmd\u{1B}[31m"), .nanos(-1_234_500_000_000), .number(1000)],
            [.text("b"), .nanos(1), .null],
        ]
        #expect(
            table.rendered(as: .table) == """
                name                  spend  some count
                ---------  ----------------  ----------
                =cmd?[31m  -1,234.500000000       1,000
                b               0.000000001           -

                """)
        #expect(
            table.rendered(as: .csv)
                == "name,spend,some_count\r\n\"'=cmd\u{1B}[31m\",-1234.50,1000\r\nb,0.000000001,\r\n")
        #expect(
            table.rendered(as: .json) == """
                [
                {"name":"=cmd\\u001b[31m","spend":"-1234.50","some_count":1000},
                {"name":"b","spend":"0.000000001","some_count":null}
                ]

                """)
        table.rows = []
        #expect(table.rendered(as: .json) == "[]\n")
    }

    @Test func theEndsOfTheRangeAreWritten() {
        #expect(Instant(milliseconds: .min).description.hasSuffix("-05-16T16:47:04.192Z"))
        #expect(Instant(milliseconds: .max).description == "292278994-08-17T07:12:55.807Z")
        #expect(TimeSpan(milliseconds: .min).description == "-106751991167 d 7 h")
    }

    @Test func failuresAreOneLine() {
        #expect(CommandFailure(.dependency, "first\nsecond\t\u{1B}third\n").line == "first second ?third")
    }
}
