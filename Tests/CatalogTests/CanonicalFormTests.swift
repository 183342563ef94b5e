import Testing

@testable import Catalog

/// What is kept of a value reads the same ever after: the canonical form is its own canonical form, and a wrong value
/// stays wrong in the same words.
@Suite struct CanonicalFormTests {
    private static let seeds: [AttributeKind: [String]] = [
        .money: ["9.99 EUR", "1.234,56 EUR", "USD 1,234.5", "€ 5", "1,2340 EUR", "0.001 JPY", "1.234 KWD"],
        .gtin: ["4006381333931", "0-306-40615-2", "00000096385074"],
        .date: ["2026-11-28T15:00+0100", "2026-11-28"], .interval: ["2026-11-01T12:00-0300/2026-12-01"],
        .url: ["https://Shop.com/a?b=c,d#e", "http://1.2.3.4:80/ä"],
        .urlList: ["https://a.de/1,https://a.de/2", "https://a.de/1,\nhttps://a.de/2 "],
        .category: ["Media > Books", "2271", "A>B > C"], .labels: ["a, b ,c", "x"],
        .shipping: ["US:CA:Ground:9.99 USD, DE:::4,90 EUR", "country\u{1F}DE\u{1E}price\u{1F}5 EUR\u{1E}zip\u{1F}1"],
        .tax: ["US:CA:8.25%:y,US:NY:4:n"], .weight: ["1,5 kg", "3 lbs"], .length: ["7 inches", "20.5cm"],
        .integer: ["12.0", "007"], .country: ["us"], .deepLink: ["shop://a/b"], .flag: ["YES"],
        .condition: ["used_good"],
        .availability: ["https://schema.org/InStock", "in_stock"], .sizeType: ["big & tall"], .text: ["a  b\n\u{1}c"],
    ]

    @Test(arguments: AttributeKind.allCases)
    func whatIsKeptReadsTheSame(_ kind: AttributeKind) {
        var random = SeededGenerator(seed: UInt64(kind.rawValue) + 1)
        let alphabet = Array("0123456789 .,:;-/'\"%&>=_+aAEURusdkgTZ@#?\t\n\u{1}\u{1E}\u{1F}ä€".utf8)
        let seeds = Self.seeds[kind] ?? ["x"]
        for _ in 0..<1_500 {
            var bytes = Array(seeds.randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                if place < bytes.count, Bool.random(using: &random) {
                    bytes.remove(at: place)
                } else {
                    bytes.insert(alphabet.randomElement(using: &random)!, at: place)
                }
            }
            var kept: [UInt8] = []
            let fault = CanonicalValue.append(bytes.span, kind: kind, to: &kept)
            var again: [UInt8] = []
            let faultAgain = CanonicalValue.append(kept.span, kind: kind, to: &again)
            #expect(
                (fault == nil) == (faultAgain == nil) && kept == again,
                "\(String(decoding: bytes, as: UTF8.self)) | \(String(decoding: kept, as: UTF8.self)) | \(String(decoding: again, as: UTF8.self)) \(String(describing: fault)) \(String(describing: faultAgain))"
            )
        }
    }
}
