import Testing

@testable import Sluice

@Suite struct AmountParsingTests {
    @Test(
        arguments: [
            ("0", 0), ("1", 1_000_000_000), ("100.50", 100_500_000_000), ("-1.25", -1_250_000_000),
            ("0.000000001", 1), ("-0.000000001", -1), ("007.10", 7_100_000_000),
            ("999999999999999999.999999999", 999_999_999_999_999_999_999_999_999),
        ] as [(String, Int128)])
    func exact(_ text: String, _ nanos: Int128) { #expect(Amount.nanos(text) == nanos) }

    /// A tenth decimal is refused even where it is 0: nobody has to guess what was meant.
    @Test(arguments: [
        "", "-", ".", "1.", ".5", "+1", "--1", "1,5", "1.0000000000", "1e3", " 1", "1 ", "0x10", "1.2.3", "1_0", "١",
        "1000000000000000000", "nan",
    ])
    func refused(_ text: String) { #expect(Amount.nanos(text) == nil) }

    @Test func whatIsWrittenIsReadAgain() {
        for nanos: Int128 in [0, 1, -1, 999_999_999, -1_000_000_001, 123_456_789_012_345_678] {
            #expect(Amount.nanos(Amount.text(nanos: nanos)) == nanos)
        }
    }
}
