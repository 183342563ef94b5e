import Testing

@testable import Catalog

/// A code with a change that gives an item just this finding, and one beside it that gives none.
struct CodeCase: Sendable, CustomTestStringConvertible {
    let code: ValidationCode
    let wrong: [Attribute: String?]
    let right: [Attribute: String?]
    /// The other one of two equal values.
    var also: ValidationCode?

    init(
        _ code: ValidationCode, _ wrong: [Attribute: String?], _ right: [Attribute: String?],
        also: ValidationCode? = nil
    ) {
        (self.code, self.wrong, self.right, self.also) = (code, wrong, right, also)
    }

    var testDescription: String { code.name }
}

private func text(_ count: Int) -> String { String(repeating: "ä", count: count) }

private func address(_ count: Int, _ host: String = "https://shop.com/") -> String {
    host + String(repeating: "x", count: count - host.utf8.count)
}

@Suite struct ItemValidationTests {
    static let good: [Attribute: String] = [
        .id: "1", .title: "Shirt", .description: "A shirt.", .link: "https://shop.com/1",
        .imageLink: "https://shop.com/1.jpg",
        .price: "20.00 EUR", .availability: "in_stock", .condition: "new",
        .googleProductCategory: "Apparel & Accessories > Clothing > Shirts",
    ]

    static let cases: [CodeCase] = [
        CodeCase(.itemidMissing, [.id: nil], [.id: "x"]),
        CodeCase(.titleMissing, [.title: nil], [.title: "x"]),
        CodeCase(.descriptionMissing, [.description: nil], [.description: "x"]),
        CodeCase(.productLinkMissing, [.link: nil], [.link: "http://a.de"]),
        CodeCase(.imageLinkMissing, [.imageLink: nil], [.imageLink: "http://a.de/x"]),
        CodeCase(.priceMissing, [.price: nil], [.price: "1.00 EUR"]),
        CodeCase(.availabilityInvalid, [.availability: "soon"], [.availability: "preorder"]),
        CodeCase(.availabilityInvalid, [.availability: nil], [.availability: "backorder"]),
        CodeCase(.productPriceInvalid, [.price: "20 euros"], [.price: "20 EUR"]),
        CodeCase(.productPriceInvalid, [.price: "0.00 EUR"], [.price: "0.01 EUR"]),
        CodeCase(.imageLinkInvalid, [.imageLink: "shop.com/1.jpg"], [.imageLink: "https://shop.com/a.png"]),
        CodeCase(.imageLinkLengthTooLong, [.imageLink: address(2048)], [.imageLink: address(2047)]),
        CodeCase(
            .imageLinkWarning, [.imageLink: "https://shop.com/1,2.jpg"], [.imageLink: "https://shop.com/1%2C2.jpg"]),
        CodeCase(
            .imageLinkWarning, [.imageLink: "https://shop.com/ä.jpg"], [.imageLink: "https://shop.com/%C3%A4.jpg"]),
        CodeCase(
            .imageLinkWarning, [.imageLink: "https://shop.com/1.html?x"], [.imageLink: "https://shop.com/1.webp?x.html"]
        ),
        CodeCase(.linkFormatInvalid, [.link: "https://shop.com/a b"], [.link: "https://shop.com/a%20b"]),
        CodeCase(.linkLengthTooLong, [.link: address(512)], [.link: address(511)]),
        CodeCase(
            .linkFormatWarning, [.link: "https://shop.com/?utm_source="],
            [.link: "https://shop.com/?utm_source=a&utm_medium=b"]),
        CodeCase(
            .linkFormatWarning, [.link: "https://shop.com/?a=1&utm_sauce=x"], [.link: "https://shop.com/?a=1&utmost="]),
        CodeCase(
            .linkFormatWarning, [.link: "https://shop.com/?utm_id=1&utm_id=2"],
            [.link: "https://shop.com/?utm_id=1#utm_id=2"]),
        CodeCase(.adultInvalid, [.adult: "maybe"], [.adult: "false"]),
        CodeCase(.adwordsFormatInvalid, [.adwordsRedirect: address(2048)], [.adwordsRedirect: address(2047)]),
        CodeCase(.adwordsFormatWarning, [.adsRedirect: "shop.com"], [.adsRedirect: "https://shop.com/x"]),
        CodeCase(.adwordsSameAsLink, [.adsRedirect: "https://shop.com/1"], [.adsRedirect: "https://shop.com/2"]),
        CodeCase(.listPriceInvalid, [.listPrice: "x"], [.listPrice: "20 EUR"]),
        CodeCase(
            .priceCannotBeDetermined, [.salePrice: "15.00 EUR", .listPrice: "30.00 EUR"],
            [.salePrice: "15.00 EUR", .listPrice: "20.00 EUR"]),
        CodeCase(.adLinkFormatWarning, [.adLink: "x"], [.adLink: "https://shop.com/x"]),
        CodeCase(.adLinkFormatWarning, [.adLink: address(512)], [.adLink: address(511)]),
        CodeCase(.adLinkSameAsLink, [.adLink: "https://shop.com/1"], [.adLink: "https://shop.com/2"]),
        CodeCase(
            .additionalImageLinkLengthTooLong, [.additionalImageLink: "https://a.de/1\n" + address(2048)],
            [.additionalImageLink: "https://a.de/1\n" + address(2047)]),
        CodeCase(
            .additionalImageLinkWarning, [.additionalImageLink: "https://a.de/1\na.de/2"],
            [.additionalImageLink: "https://a.de/1\nhttps://a.de/2"]),
        CodeCase(
            .tooManyAdditionalImageLinks,
            [.additionalImageLink: (0..<11).map { "https://a.de/\($0)" }.joined(separator: "\n")],
            [.additionalImageLink: (0..<10).map { "https://a.de/\($0)" }.joined(separator: "\n")]),
        CodeCase(.ageGroupInvalid, [.ageGroup: "12-14"], [.ageGroup: "kids"]),
        CodeCase(.androidDeepLinkInvalid, [.androidUrl: "item/1"], [.androidUrl: "shop://item/1"]),
        CodeCase(.iosDeepLinkInvalid, [.iosUrl: "shop://a b"], [.iosUrl: "shop://a"]),
        CodeCase(.availabilityDateInvalid, [.availabilityDate: "28.11.2026"], [.availabilityDate: "2026-11-28"]),
        CodeCase(.expirationDateInvalid, [.expirationDate: "2026-02-30"], [.expirationDate: "2026-02-28"]),
        CodeCase(.updatedTimeInvalid, [.updatedTime: "now"], [.updatedTime: "2026-11-28T15:00:00Z"]),
        CodeCase(
            .saleDateInvalid, [.salePriceEffectiveDate: "2026-11-28"],
            [.salePriceEffectiveDate: "2026-11-28/2026-11-29"]),
        CodeCase(
            .countryDoesNotMapToCurrency, [.shipping: "US:::5.00 USD\nDE:::5.00 EUR"],
            [.shipping: "DE:::5.00 EUR\nUS:::5.00 USD"]),
        CodeCase(.customLabelLengthTooLong, [.customLabel3: text(128)], [.customLabel3: text(127)]),
        CodeCase(.descriptionLengthTooLong, [.description: text(10_001)], [.description: text(10_000)]),
        CodeCase(.titleLengthTooLong, [.title: text(501)], [.title: text(500)]),
        CodeCase(
            .productTypeLengthTooLong, [.productType: "a\n" + text(1001)], [.productType: text(1000) + "\n" + text(9)]),
        CodeCase(.genderInvalid, [.gender: "men"], [.gender: "male"]),
        CodeCase(.gtinInvalid, [.gtin: "4006381333932"], [.gtin: "4006381333931"]),
        CodeCase(
            .inconsistentCurrencyValues, [.salePrice: "15.00 USD"], [.salePrice: "15.00 EUR"]),
        CodeCase(.inconsistentCurrencyValues, [.minAdPrice: "5 GBP"], [.minAdPrice: "5 EUR"]),
        CodeCase(.isBundleInvalid, [.isBundle: "2"], [.isBundle: "true"]),
        CodeCase(.minAdPriceInvalid, [.minAdPrice: "x"], [.minAdPrice: "5 EUR"]),
        CodeCase(.mpnInvalid, [.mpn: "n/a"], [.mpn: "N/A1"]),
        CodeCase(.mpnInvalid, [.mpn: text(71)], [.mpn: text(70)]),
        CodeCase(.mpnInvalid, [.mpn: "--"], [.mpn: "-1-"]),
        CodeCase(.multipackInvalid, [.multipack: "1"], [.multipack: "2"]),
        CodeCase(.multipackInvalid, [.multipack: "two"], [.multipack: "3"]),
        CodeCase(.optionalConditionInvalid, [.condition: "mint"], [.condition: "used"]),
        CodeCase(.optionalConditionMissing, [.condition: nil], [.condition: "refurbished"]),
        CodeCase(
            .optionalProductCategoryInvalid, [.googleProductCategory: "Shirts > Red > XL"],
            [.googleProductCategory: "Media > Books > Novels"]),
        CodeCase(.optionalProductCategoryMissing, [.googleProductCategory: nil], [.googleProductCategory: "212"]),
        CodeCase(
            .productCategoryDepthWarning, [.googleProductCategory: "Media > Books"], [.googleProductCategory: "784"]),
        CodeCase(.productCategoryDepthWarning, [.googleProductCategory: "166"], [.googleProductCategory: "1604"]),
        CodeCase(.salesPriceInvalid, [.salePrice: "-5 EUR"], [.salePrice: "5 EUR"]),
        CodeCase(.salesPriceTooHigh, [.salePrice: "20.01 EUR"], [.salePrice: "20.00 EUR"]),
        CodeCase(.salesPriceTooLow, [.salePrice: "1.99 EUR"], [.salePrice: "2.00 EUR"]),
        CodeCase(.shippingHeightInvalid, [.shippingHeight: "20"], [.shippingHeight: "20 cm"]),
        CodeCase(.shippingWidthInvalid, [.shippingWidth: "wide"], [.shippingWidth: "8 in"]),
        CodeCase(.shippingWeightInvalid, [.shippingWeight: "0 kg"], [.shippingWeight: "0.1 kg"]),
        CodeCase(.shippingInvalid, [.shipping: "XX:::5.00 EUR"], [.shipping: "DE:::5.00 EUR"]),
        CodeCase(.sizeSystemInvalid, [.sizeSystem: "metric"], [.sizeSystem: "EU"]),
        CodeCase(.sizeTypeInvalid, [.sizeType: "huge"], [.sizeType: "tall"]),
        CodeCase(.taxInvalid, [.tax: "US:CA:much:yes"], [.tax: "US:CA:8.25:yes"]),
        CodeCase(.weightUnitInvalid, [.weightUnit: "stone"], [.weightUnit: "kg"]),
        CodeCase(
            .videoRequiredWhenAdVideoProvided, [.adVideo1Link: "https://a.de/v", .adVideo1Tag: "a"],
            [.adVideo1Link: "https://a.de/v", .adVideo1Tag: "a", .videoLink: "https://a.de/w"]),
    ]

    /// The seven of every ad image and every ad video.
    static let media: [CodeCase] =
        (0..<20).flatMap { number in
            cases(number, 20, 2047, Attribute.adImageLink, Attribute.adImageTag, ValidationCode.adImage, [:])
        }
        + (0..<3).flatMap { number in
            cases(
                number, 3, 511, Attribute.adVideoLink, Attribute.adVideoTag, ValidationCode.adVideo,
                [.videoLink: "https://a.de/v"])
        }

    private static func cases(
        _ number: Int, _ count: Int, _ limit: Int, _ linkOf: (Int) -> Attribute, _ tagOf: (Int) -> Attribute,
        _ code: (Int, ValidationCode.MediaFault) -> ValidationCode, _ base: [Attribute: String?]
    ) -> [CodeCase] {
        let link = linkOf(number)
        let tag = tagOf(number)
        let here: [Attribute: String?] = [link: "https://a.de/1", tag: "one"]
        let other = (number + 1) % count
        func with(_ changes: [Attribute: String?]) -> [Attribute: String?] {
            base.merging(here) { $1 }.merging(changes) { $1 }
        }
        let second = linkOf(other)
        return [
            CodeCase(code(number, .linkTooLong), with([link: address(limit + 1)]), with([link: address(limit)])),
            CodeCase(code(number, .linkRequired), with([link: Optional<String>.none]), with([:])),
            CodeCase(code(number, .linkInvalid), with([link: "a.de"]), with([:])),
            CodeCase(code(number, .tagTooLong), with([tag: text(512)]), with([tag: text(511)])),
            CodeCase(code(number, .tagRequired), with([tag: Optional<String>.none]), with([:])),
            CodeCase(
                code(number, .linkDuplicated), with([second: "https://a.de/1", tagOf(other): "two"]),
                with([second: "https://a.de/2", tagOf(other): "two"]), also: code(other, .linkDuplicated)),
            CodeCase(
                code(number, .tagDuplicated), with([second: "https://a.de/2", tagOf(other): "one"]),
                with([second: "https://a.de/2", tagOf(other): "two"]), also: code(other, .tagDuplicated)),
        ]
    }

    private func item(_ changes: [Attribute: String?]) -> ItemAttributes {
        ItemAttributes(
            ItemValidationTests.good.merging(changes.compactMapValues { $0 }) { $1 }.filter {
                changes[$0.key] != .some(nil)
            })
    }

    @Test func theGoodItemHasNoFindings() {
        #expect(ItemValidator().findings(ItemAttributes(ItemValidationTests.good)).isEmpty)
    }

    @Test(arguments: cases + media)
    func justThisFault(_ test: CodeCase) {
        let wrong = Set(ItemValidator().findings(item(test.wrong)).map(\.code))
        #expect(wrong == Set([test.code, test.also].compactMap { $0 }))
        let right = ItemValidator().findings(item(test.right)).map(\.code.name)
        #expect(right.isEmpty, "\(right)")
    }

    /// A value that is wrong is found in any dialect: through the unifier as well as on canonical attributes.
    @Test func everyFaultIsFoundThroughAFeed() throws {
        for test in ItemValidationTests.cases {
            let changed = item(test.wrong)
            var line = "{"
            for attribute in changed.present {
                let values = changed.values(of: attribute).map { "\"\($0)\"" }.joined(separator: ",")
                line += "\"\(attribute.name)\":\(attribute.kind.isList ? "[\(values)]" : values),"
            }
            line.removeLast()
            let feed = try items(line + "}\n")
            #expect(ItemValidator().findings(feed[0]).map(\.code) == [test.code], "\(test.code.name)")
        }
    }

    @Test func settingsDecide() {
        var settings = ValidationSettings()
        settings.verifiedDomains = ["shop.com"]
        let validator = ItemValidator(settings: settings)
        #expect(validator.findings(item([.link: "https://www.shop.com/1"])).isEmpty)
        #expect(validator.findings(item([.link: "https://shop.com/1"])).isEmpty)
        #expect(validator.findings(item([.link: "https://myshop.com/1"])).map(\.code) == [.invalidDomain])
        #expect(validator.findings(item([.link: "https://shop.com.evil.de/1"])).map(\.code) == [.invalidDomain])
        settings = ValidationSettings()
        settings.country = Country("CH")
        #expect(ItemValidator(settings: settings).findings(item([:])).map(\.code) == [.countryDoesNotMapToCurrency])
        settings.country = Country("FR")
        #expect(ItemValidator(settings: settings).findings(item([.shipping: "US:::5.00 USD"])).isEmpty)
        settings.requiresEnglishTaxonomy = false
        #expect(
            ItemValidator(settings: settings).findings(item([.googleProductCategory: "Möbel > Stühle > Rot"])).isEmpty)
    }

    @Test func largeAmountsDoNotOverflow() {
        let findings = ItemValidator().findings(item([.price: "999999999999.999999 EUR", .salePrice: "0.0001 EUR"]))
        #expect(findings.map(\.code) == [.salesPriceTooLow])
    }
}

@Suite struct CodeTableTests {
    @Test func theListsAreComplete() {
        #expect(CodeTable.rows.count == 253 && ValidationCode.allCases.count == 253)
        #expect(Set(ValidationCode.allCases.map(\.name)).count == 253)
        func count(_ list: ValidationCode.List) -> Int { ValidationCode.allCases.filter { $0.list == list }.count }
        #expect(count(.validationErrors) == 33 && count(.ingestionErrors) == 9 && count(.warnings) == 211)
        for code in ValidationCode.allCases {
            // A row that slipped shows here: the case is the name in camel case.
            #expect(code.name.split(separator: "_").joined().lowercased() == "\(code)".lowercased())
            #expect(ValidationCode(name: code.name) == code)
            #expect(!code.rule.isEmpty && !code.whatToDo.isEmpty)
            #expect((code.list == .warnings) == (code.level == .warning))
        }
    }

    /// What FeedValidationTests and ItemValidationTests.settingsDecide show.
    static let ofFeeds: Set<ValidationCode> = [
        .encodingError, .delimiterError, .requiredColumnsMissing, .duplicateProducts, .parseLineError,
        .noVerifiedDomain,
        .invalidDomain, .feedLengthTooLong, .malformedXml, .feedTooSmall, .maxItemsPerItemGroupExceeded,
        .fetchInactiveFeedError, .largeProductCountDecrease, .duplicateHeaders, .fetchSameSignature,
        .indexedProductCountLargeDelta,
    ]

    @Test func everyDecidedCodeHasATest() {
        let tested = Set((ItemValidationTests.cases + ItemValidationTests.media).map(\.code)).union(
            CodeTableTests.ofFeeds)
        let decided = Set(ValidationCode.allCases.filter(\.isDecided))
        #expect(decided.symmetricDifference(tested).map(\.name).sorted() == [])
    }
}
