import Testing

@testable import Catalog

/// The report of a feed and the ids of the items that were accepted.
func validate(
    _ bytes: [UInt8], format: FeedFormat = .automatic, settings: ValidationSettings = ValidationSettings(),
    facts: FeedFacts = FeedFacts(), limits: FeedLimits = FeedLimits(), chunk: Int = .max
) -> (report: ValidationReport, accepted: [String]) {
    var pass = FeedPass(format: format, limits: limits, settings: settings, facts: facts)
    var accepted: [String] = []
    var start = 0
    while start < bytes.count {
        let part = Array(bytes[start..<min(bytes.count, start + min(chunk, bytes.count))])
        var index = 0
        while pass.next(part.span, &index) {
            if !pass.isRejected { accepted.append(pass.item[.id] ?? "") }
        }
        start += part.count
    }
    while pass.finish() {
        if !pass.isRejected { accepted.append(pass.item[.id] ?? "") }
    }
    return (pass.report, accepted)
}

func validate(
    _ text: String, settings: ValidationSettings = ValidationSettings(), facts: FeedFacts = FeedFacts()
) -> (report: ValidationReport, accepted: [String]) {
    validate(Array(text.utf8), settings: settings, facts: facts)
}

@Suite struct FeedValidationTests {
    static let header =
        "id,title,description,link,image_link,price,availability,condition,google_product_category,item_group_id\n"

    static func row(_ id: String, price: String = "9.99 EUR", group: String = "") -> String {
        "\(id),Shirt,A shirt.,https://shop.com/\(id),https://shop.com/\(id).jpg,\(price),in stock,new,"
            + "Apparel & Accessories > Clothing > Shirts,\(group)\n"
    }

    @Test func aGoodFeed() {
        let (report, accepted) = validate(Self.header + Self.row("1") + Self.row("2"))
        #expect(report.codes.isEmpty && accepted == ["1", "2"])
        #expect(report.rows == 2 && report.accepted == 2 && report.rejected == 0 && report.unreadable == 0)
        #expect(!report.isFeedRejected && report.error == nil)
    }

    @Test func countsAndSamples() {
        let feed =
            Self.header + Self.row("1", price: "free of charge") + Self.row("2") + "3,short\n"
            + Self.row("4", price: "x")
        let (report, accepted) = validate(feed)
        #expect(accepted == ["2"])
        #expect(report.rows == 4 && report.accepted == 1 && report.rejected == 2 && report.unreadable == 1)
        #expect(report.codes == [.productPriceInvalid, .parseLineError])
        #expect(report.count(.productPriceInvalid) == 2)
        let sample = report.samples(.productPriceInvalid)[0]
        #expect(sample.line == 2 && sample.column == 60 && sample.itemId == "1" && sample.attribute == .price)
        #expect(sample.value == "free of charge" && sample.detail == ValueFault.currencyUnknown.message)
        #expect(report.samples(.parseLineError)[0].line == 4)
        #expect(!report.isFeedRejected)
    }

    @Test func samplesAreBounded() {
        var feed = Self.header
        for id in 0..<50 { feed += Self.row("\(id)", price: String(repeating: "ä", count: 300)) }
        let (report, _) = validate(feed)
        #expect(report.count(.productPriceInvalid) == 50 && report.samples(.productPriceInvalid).count == 10)
        let value = report.samples(.productPriceInvalid)[0].value!
        #expect(value == String(repeating: "ä", count: 100) + "…")
    }

    @Test func duplicatesAndGroups() {
        var settings = ValidationSettings()
        settings.itemsPerGroup = 2
        let rows = Self.row("1", group: "a") + Self.row("1") + Self.row("2", group: "a") + Self.row("3", group: "a")
        let (report, accepted) = validate(Self.header + rows + Self.row("4", group: "b"), settings: settings)
        #expect(accepted == ["1", "2", "4"])
        #expect(report.count(.duplicateProducts) == 1 && report.samples(.duplicateProducts)[0].line == 3)
        #expect(report.count(.maxItemsPerItemGroupExceeded) == 1)
        #expect(report.samples(.maxItemsPerItemGroupExceeded)[0].itemId == "3")
    }

    @Test func hashedSetsAgreeWithDictionaries() {
        var random = SeededGenerator(seed: 5)
        var set = HashedSet()
        var counts = HashedCounts()
        var seen: [UInt64: Int] = [:]
        for _ in 0..<20_000 {
            let value = UInt64.random(in: 1...9_000, using: &random) &* 0x1_0000_0001
            let before = seen[value, default: 0]
            #expect(set.insert(value) == (before == 0))
            #expect(counts.increment(value) == before + 1)
            seen[value] = before + 1
        }
        #expect(set.count == seen.count)
    }

    @Test func headers() {
        let (report, _) = validate("id,title,Title,link\n1,a,b,https://a.de\n")
        #expect(report.isFeedRejected)
        #expect(
            report.samples(.requiredColumnsMissing).map(\.attribute)
                == [.description, .price, .availability, .imageLink])
        #expect(report.count(.duplicateHeaders) == 1 && report.samples(.duplicateHeaders)[0].value == "Title")
        let (xml, _) = validate("<rss><item><id>1</id></item><item><title>x</title></item></rss>")
        #expect(xml.count(.requiredColumnsMissing) == 5)
        // A name that comes later is known at the end.
        #expect(xml.samples(.requiredColumnsMissing).contains { $0.attribute == .title } == false)
    }

    @Test(arguments: [
        ("", ValidationCode.feedTooSmall), ("\u{1F}\u{8B}", .delimiterError),
        ("no header at all\nx\n", .delimiterError),
        ("<rss><item></rss>", .malformedXml), ("<html><body>", .delimiterError), ("id,t\u{0}\n", .feedTooSmall),
    ])
    func errorsEndTheFeed(_ text: String, _ code: ValidationCode) {
        let (report, accepted) = validate(text)
        #expect(report.count(code) > 0 && report.isFeedRejected && accepted.isEmpty)
    }

    @Test func encoding() {
        let latin = Array(Self.header.utf8) + Array(Self.row("1").utf8).map { $0 == UInt8(ascii: "S") ? 0xE4 : $0 }
        let (report, _) = validate(latin)
        #expect(report.count(.encodingError) == 1 && report.error?.reason == .notUTF8 && report.isFeedRejected)
        #expect(validate([0x1F, 0x8B, 8, 0]).report.count(.encodingError) == 1)
    }

    @Test func sizes() {
        #expect(validate(Self.header).report.codes == [.feedTooSmall])
        var settings = ValidationSettings()
        settings.maximumRows = 2
        let (report, accepted) = validate(
            Self.header + Self.row("1") + Self.row("2") + Self.row("3"), settings: settings)
        #expect(accepted == ["1", "2"] && report.codes == [.feedLengthTooLong])
        #expect(validate(Self.header + Self.row("1") + Self.row("2"), settings: settings).report.codes.isEmpty)
    }

    @Test func factsOfTheCaller() {
        let feed = Self.header + (1...10).map { Self.row("\($0)") }.joined()
        func codes(_ change: (inout FeedFacts) -> Void, _ settings: ValidationSettings = ValidationSettings())
            -> [ValidationCode]
        {
            var facts = FeedFacts()
            change(&facts)
            return validate(feed, settings: settings, facts: facts).report.codes
        }
        #expect(codes { $0.previousItems = 1001 } == [.largeProductCountDecrease, .indexedProductCountLargeDelta])
        #expect(codes { $0.previousItems = 1000 } == [.indexedProductCountLargeDelta])
        #expect(codes { $0.previousItems = 14 }.isEmpty)
        #expect(codes { $0.previousItems = 7 } == [.indexedProductCountLargeDelta])
        #expect(codes { $0.previousItems = 8 }.isEmpty)
        #expect(codes { ($0.signature, $0.previousSignature) = (1, 1) } == [.fetchSameSignature])
        #expect(codes { ($0.signature, $0.previousSignature) = (1, 2) }.isEmpty)
        #expect(codes { $0.daysUnchanged = 91 } == [.fetchInactiveFeedError])
        #expect(codes { $0.daysUnchanged = 90 }.isEmpty)
        var settings = ValidationSettings()
        settings.verifiedDomains = []
        #expect(codes({ _ in }, settings) == [.noVerifiedDomain])
        settings.verifiedDomains = ["shop.com"]
        #expect(codes({ _ in }, settings).isEmpty)
    }

    @Test func theReportDoesNotDependOnChunks() {
        let feed = Array(
            (Self.header + Self.row("1") + "2,x\n" + Self.row("3", price: "1.234 EUR") + Self.row("1")).utf8)
        let whole = validate(feed)
        #expect(whole.report.codes.count == 3)
        for size in [1, 2, 3, 7, 64, 100] {
            let cut = validate(feed, chunk: size)
            #expect(cut.report == whole.report && cut.accepted == whole.accepted)
        }
    }

    @Test func errorsOfFeedsHaveCodes() {
        for reason in FeedError.Reason.allCases {
            let code = FeedRules.code(FeedError(reason))
            #expect(code.level == .feed && code.isDecided)
        }
    }
}
