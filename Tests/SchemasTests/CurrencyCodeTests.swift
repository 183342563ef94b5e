import Schemas
import Testing

@Suite struct CurrencyCodeTests {
    @Test func onlyThreeCapitalsAreACurrency() {
        #expect(CurrencyCode("USD")?.description == "USD")
        #expect(CurrencyCode("AAA")?.rawValue == 0x41_4141)
        #expect(CurrencyCode("ZZZ")?.isValid == true)
        for text in ["", "US", "USDX", "usd", "US1", "@AA", "[AA", "A@A", "AA[", "ÄBC", "U\u{0}D"] {
            #expect(CurrencyCode(text) == nil, "\(text)")
        }
        #expect(CurrencyCode.none.description == "-")
        #expect(!CurrencyCode(rawValue: 0x1_4141_41).isValid)
        #expect(!CurrencyCode(rawValue: 0x75_7364).isValid)
    }

    @Test func everyByteInEveryPlace() {
        for byte in UInt8.min...UInt8.max {
            let capital = (0x41...0x5A).contains(byte)
            #expect(CurrencyCode(bytes: byte, 0x42, 0x43).isValid == capital)
            #expect(CurrencyCode(bytes: 0x42, byte, 0x43).isValid == capital)
            #expect(CurrencyCode(bytes: 0x42, 0x43, byte).isValid == capital)
        }
    }

    @Test func codesCompareAsTheirTexts() {
        let texts = ["AAA", "AAB", "ABA", "EUR", "JPY", "USD", "ZAA"]
        #expect(texts.compactMap(CurrencyCode.init).sorted().map(\.description) == texts)
    }
}
