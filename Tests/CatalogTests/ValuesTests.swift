import Testing

@testable import Catalog

private func canonical(_ text: String, _ kind: AttributeKind, currency: String? = nil) -> Result<String, ValueFault> {
    let defaults = FeedDefaults(currency: currency.flatMap { Currency($0) })
    do throws(ValueFault) {
        return .success(try CanonicalValue.of(text, kind: kind, defaults: defaults))
    } catch { return .failure(error) }
}

@Suite struct MoneyTests {
    @Test(arguments: [
        ("9.99 EUR", "9.99 EUR"), ("EUR 9.99", "9.99 EUR"), ("9,99 EUR", "9.99 EUR"), ("9,99EUR", "9.99 EUR"),
        ("eur9.9", "9.90 EUR"), (" 15 usd ", "15.00 USD"), ("1,234.56 USD", "1234.56 USD"),
        ("1.234,56 EUR", "1234.56 EUR"), ("1'234.50 CHF", "1234.50 CHF"), ("1 234,50 EUR", "1234.50 EUR"),
        ("1,234,567 USD", "1234567.00 USD"), ("1.234.567 EUR", "1234567.00 EUR"), ("1,234 USD", "1234.00 USD"),
        ("1,200 JPY", "1200 JPY"), ("1.200 JPY", "1200 JPY"), ("1200 JPY", "1200 JPY"), ("1.234 KWD", "1.234 KWD"),
        ("0.125 EUR", "0.1250 EUR"), ("1234,567 EUR", "1234.5670 EUR"), ("1,2340 EUR", "1.2340 EUR"),
        ("0 USD", "0.00 USD"), ("€9,99", "9.99 EUR"),
        ("9,99 €", "9.99 EUR"), ("£5", "5.00 GBP"), (".5 USD", "0.50 USD"), ("12. USD", "12.00 USD"),
        ("12.3400000 EUR", "12.34 EUR"), ("12.345678 EUR", "12.345678 EUR"), ("+3 USD", "3.00 USD"),
    ])
    func canonicalForm(_ text: String, _ expected: String) {
        #expect(canonical(text, .money) == .success(expected))
        // The canonical form is its own.
        #expect(canonical(expected, .money) == .success(expected))
    }

    @Test(arguments: [
        ("1.234 EUR", ValueFault.ambiguousSeparator), ("1,234 EUR", .ambiguousSeparator),
        ("1.234 USD", .ambiguousSeparator),
        ("9.99", .currencyMissing), ("9.99 XYZ", .currencyUnknown), ("9.99 EURO", .currencyUnknown),
        ("$9.99", .currencySymbolAmbiguous), ("-9.99 EUR", .negative), ("EUR -9", .negative),
        ("free", .currencyUnknown),
        ("EUR", .notANumber), ("1,23,456.00 USD", .badGrouping), ("1.2.3 EUR", .badGrouping),
        ("9.99.00 EUR", .badGrouping),
        ("1.2345678 EUR", .tooPrecise), ("9e3 EUR", .notANumber), ("12 34 EUR", .badGrouping),
        ("9999999999999 EUR", .outOfRange), ("1.234,56,78 EUR", .badGrouping), ("--3 EUR", .negative),
        (". EUR", .notANumber),
        ("9.99 EUR 8.99 EUR", .notANumber), ("1234,567.0 USD", .badGrouping),
    ])
    func faults(_ text: String, _ expected: ValueFault) {
        #expect(canonical(text, .money) == .failure(expected))
    }

    @Test func assumedCurrency() {
        #expect(canonical("9.99", .money, currency: "USD") == .success("9.99 USD"))
        #expect(canonical("$9.99", .money, currency: "CAD") == .success("9.99 CAD"))
        #expect(canonical("$9.99", .money, currency: "EUR") == .failure(.currencySymbolAmbiguous))
        #expect(canonical("9.99 GBP", .money, currency: "EUR") == .success("9.99 GBP"))
    }

    @Test func currencies() {
        #expect(Currency("JPY")?.digits == 0 && Currency("EUR")?.digits == 2 && Currency("KWD")?.digits == 3)
        #expect(
            Currency("chf")?.code == "CHF" && Currency("ZZZ") == nil && Currency("EU") == nil && Currency("E1R") == nil)
        #expect(CurrencyTable.traits.filter { $0 != 0 }.count > 150)
    }

    @Test func everyAmountSurvives() throws {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            let micros =
                Int64.random(in: 0...10_000_000_000_000, using: &random) >> Int64.random(in: 0...40, using: &random)
            let money = Money(
                micros: micros,
                currency: [Currency("EUR")!, Currency("JPY")!, Currency("BHD")!].randomElement(using: &random)!)
            #expect(try Money(money.canonical) == money)
        }
    }
}

@Suite struct EnumerationTests {
    @Test(arguments: [
        ("in stock", "in_stock"), ("In_Stock", "in_stock"), ("IN STOCK", "in_stock"), ("InStock", "in_stock"),
        ("https://schema.org/InStock", "in_stock"), ("http://schema.org/OutOfStock", "out_of_stock"),
        ("out of stock", "out_of_stock"), ("pre-order", "preorder"), ("preorder", "preorder"),
        ("backorder", "backorder"),
        ("available for order", "backorder"), ("discontinued", "out_of_stock"), (" in stock ", "in_stock"),
    ])
    func availability(_ text: String, _ expected: String) {
        #expect(canonical(text, .availability) == .success(expected))
        #expect(canonical(expected, .availability) == .success(expected))
    }

    @Test(arguments: [
        ("New", AttributeKind.condition, "new"), ("used_like_new", .condition, "used"), ("cpo", .condition, "used"),
        ("https://schema.org/NewCondition", .condition, "new"), ("Refurbished", .condition, "refurbished"),
        ("FEMALE", .gender, "female"), ("unisex", .gender, "unisex"), ("Kids", .ageGroup, "kids"),
        ("all ages", .ageGroup, "all_ages"), ("big and tall", .sizeType, "big_and_tall"),
        ("petite", .sizeType, "petite"),
        ("eu", .sizeSystem, "EU"), ("Mex", .sizeSystem, "MEX"), ("TRUE", .flag, "true"), ("no", .flag, "false"),
        ("0", .flag, "false"), ("lbs", .weightUnit, "lb"),
    ])
    func spellings(_ text: String, _ kind: AttributeKind, _ expected: String) {
        #expect(canonical(text, kind) == .success(expected))
        #expect(canonical(expected, kind) == .success(expected))
    }

    @Test(arguments: [
        ("maybe", AttributeKind.availability), ("mint", .condition), ("men", .gender), ("12", .ageGroup),
        ("huge", .sizeType),
        ("ZZ", .sizeSystem), ("ja", .flag), ("stone", .weightUnit),
        ("a value that is far longer than any word that this table knows", .availability),
    ])
    func notOneOf(_ text: String, _ kind: AttributeKind) {
        #expect(canonical(text, kind) == .failure(.notOneOf))
    }

    @Test func everySpellingIsFolded() {
        func check<Value: FoldedValue>(_ type: Value.Type) {
            for (spelling, _) in Value.spellings {
                let text = "\(spelling)"
                #expect(text == text.lowercased() && !text.contains(" ") && !text.contains("_"))
            }
            for value in Value.allCases { #expect("\(value.spelling)" == value.rawValue) }
        }
        check(Availability.self)
        check(Condition.self)
        check(Gender.self)
        check(AgeGroup.self)
        check(SizeType.self)
        check(SizeSystem.self)
        check(Flag.self)
        check(WeightUnit.self)
        check(LengthUnit.self)
    }
}

@Suite struct GTINTests {
    @Test(arguments: [
        ("4006381333931", "4006381333931"), ("036000291452", "036000291452"), ("0036000291452", "036000291452"),
        ("96385074", "96385074"), ("10614141000415", "10614141000415"), ("00012345600012", "012345600012"),
        ("978-0-306-40615-7", "9780306406157"), ("0-306-40615-2", "9780306406157"), ("080442957X", "9780804429573"),
        ("4006381 333931", "4006381333931"), ("00000096385074", "96385074"),
    ])
    func canonicalForm(_ text: String, _ expected: String) {
        #expect(canonical(text, .gtin) == .success(expected))
        #expect(canonical(expected, .gtin) == .success(expected))
    }

    @Test(arguments: [
        ("4006381333932", ValueFault.wrongCheckDigit), ("036000291453", .wrongCheckDigit),
        ("12345678901", .wrongDigitCount),
        ("123456789012345", .wrongDigitCount), ("ABC", .notDigits), ("4.00638E+12", .notDigits),
        ("0306406153", .wrongCheckDigit),
        ("00000000", .notDigits), ("2012345678903", .restrictedPrefix), ("96385075", .wrongCheckDigit),
    ])
    func faults(_ text: String, _ expected: ValueFault) {
        #expect(canonical(text, .gtin) == .failure(expected))
    }

    /// By the definition: digits from the right, weights 1, 3, 1, 3, …
    @Test func checkDigitsAgreeWithTheDefinition() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let length = [8, 12, 13, 14].randomElement(using: &random)!
            let digits = (0..<length).map { _ in Int.random(in: 0...9, using: &random) }
            let sum = digits.reversed().enumerated().reduce(0) { $0 + $1.element * ($1.offset % 2 == 0 ? 1 : 3) }
            let text = digits.map(String.init).joined()
            switch canonical(text, .gtin) {
            case .success, .failure(.restrictedPrefix): #expect(sum % 10 == 0, "\(text)")
            case .failure(let fault): #expect(fault == .wrongCheckDigit && sum % 10 != 0, "\(text)")
            }
        }
    }
}

@Suite struct TimeTests {
    @Test(arguments: [
        ("2026-11-28", "2026-11-28"), ("2026-11-28T15:00+0100", "2026-11-28T14:00:00Z"),
        ("2026-11-28T15:00:30Z", "2026-11-28T15:00:30Z"), ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"),
        ("2024-02-29", "2024-02-29"), ("2026-11-28 15:00", "2026-11-28T15:00:00Z"),
        ("2026-12-31T23:00-0800", "2027-01-01T07:00:00Z"), ("1970-01-01T00:00:00.250Z", "1970-01-01T00:00:00Z"),
        ("2000-03-01T00:00Z", "2000-03-01T00:00:00Z"), ("2026-11-28 15:00 +0100", "2026-11-28T14:00:00Z"),
    ])
    func canonicalForm(_ text: String, _ expected: String) {
        #expect(canonical(text, .date) == .success(expected))
        #expect(canonical(expected, .date) == .success(expected))
    }

    @Test(arguments: [
        ("28.11.2026", ValueFault.notADate), ("11/28/2026", .notADate), ("2026-02-29", .noSuchDay),
        ("2026-13-01", .noSuchDay),
        ("2026-11-28T25:00Z", .noSuchDay), ("2026-11-28T15", .notADate), ("2026-11-28T15:00+", .notADate),
        ("2026-11-28x", .notADate), ("2026-1-1", .notADate), ("2026-11-28T15:00Zjunk", .notADate),
    ])
    func faults(_ text: String, _ expected: ValueFault) {
        #expect(canonical(text, .date) == .failure(expected))
    }

    @Test func intervals() {
        #expect(
            canonical("2026-11-01T12:00-0300/2026-12-01T00:00-0300", .interval)
                == .success("2026-11-01T15:00:00Z/2026-12-01T03:00:00Z"))
        #expect(canonical("2026-11-01 / 2026-11-01", .interval) == .success("2026-11-01/2026-11-01"))
        #expect(canonical("2026-11-02/2026-11-01", .interval) == .failure(.intervalReversed))
        #expect(canonical("2026-11-02", .interval) == .failure(.notAnInterval))
        #expect(canonical("a/b", .interval) == .failure(.notADate))
        #expect(canonical("2026-11-02/2026-11-03/2026-11-04", .interval) == .failure(.notAnInterval))
    }
}

@Suite struct AddressTests {
    @Test(arguments: [
        ("HTTPS://Shop.Example.COM/Path?Q=1#x", "https://shop.example.com/Path?Q=1#x"),
        (" http://a.de ", "http://a.de"),
        ("https://a.de:8443/x", "https://a.de:8443/x"), ("https://münchen.de/ä", "https://münchen.de/ä"),
        ("https://8.8.8.8/x", "https://8.8.8.8/x"), ("https://a.de/x%20y", "https://a.de/x%20y"),
        ("https://a.de/x@y", "https://a.de/x@y"), ("https://a.de?x=http://b.de", "https://a.de?x=http://b.de"),
    ])
    func canonicalForm(_ text: String, _ expected: String) {
        #expect(canonical(text, .url) == .success(expected))
    }

    @Test(arguments: [
        ("www.example.com/x", ValueFault.schemeMissing), ("ftp://a.de/x", .notHTTP), ("javascript:alert(1)", .notHTTP),
        ("https://a.de/x y", .hasSpace), ("https://a.de/x\ty", .hasControl), ("https://user:pw@a.de/", .hasCredentials),
        ("https:///x", .hostInvalid), ("https://", .hostInvalid), ("https://localhost/x", .hostNotPublic),
        ("https://10.1.2.3/", .hostNotPublic), ("http://192.168.0.1", .hostNotPublic),
        ("http://169.254.169.254/", .hostNotPublic),
        ("https://172.20.0.1/", .hostNotPublic), ("https://a..de/", .hostInvalid), ("https://-a.de/", .hostInvalid),
        ("https://a.de:0/", .portInvalid), ("https://a.de:99999/", .portInvalid),
        ("https://a.de/%zz", .badPercentEncoding),
        ("https://printer.local/", .hostNotPublic), ("https://999.1.1.1/", .hostInvalid),
        ("https://a_b,c.de", .hostInvalid),
    ])
    func faults(_ text: String, _ expected: ValueFault) {
        #expect(canonical(text, .url) == .failure(expected))
    }

    @Test func lists() {
        #expect(
            canonical("https://a.de/1.jpg, https://a.de/2,3.jpg,https://a.de/4.jpg", .urlList)
                == .success("https://a.de/1.jpg\nhttps://a.de/2,3.jpg\nhttps://a.de/4.jpg"))
        #expect(canonical("https://a.de/1.jpg,", .urlList) == .success("https://a.de/1.jpg"))
        #expect(canonical("https://a.de/1.jpg,2.jpg x", .urlList) == .failure(.hasSpace))
        #expect(canonical("sale, summer ,,new", .labels) == .success("sale\nsummer\nnew"))
    }

    @Test func deepLinks() {
        #expect(canonical("example-shop://item/1", .deepLink) == .success("example-shop://item/1"))
        #expect(canonical("item/1", .deepLink) == .failure(.schemeMissing))
        #expect(canonical("shop:", .deepLink) == .failure(.schemeMissing))
        #expect(canonical("shop://a b", .deepLink) == .failure(.hasSpace))
    }
}

@Suite struct OtherValuesTests {
    @Test func text() {
        #expect(canonical("  a  b\n\tc ", .text) == .success("a b c"))
        #expect(canonical("a\u{1}b \u{1}", .text) == .success("a b"))
        #expect(canonical("größe  ☃ ", .text) == .success("größe ☃"))
        #expect(canonical("a\u{1} b", .text) == .success("a b"))
        #expect("größe☃".utf8.count == 10 && Array("größe☃".utf8).span.scalarCount == 6)
    }

    @Test(arguments: [
        ("1.5 kg", AttributeKind.weight, "1.5 kg"), ("1,5kg", .weight, "1.5 kg"), ("3 lbs", .weight, "3 lb"),
        ("2.50 oz", .weight, "2.5 oz"), ("20 in", .length, "20 in"), ("20.5cm", .length, "20.5 cm"),
        ("7 inches", .length, "7 in"),
        ("1.250 kg", .weight, "1.25 kg"), ("007", .integer, "7"), ("12.0", .integer, "12"), ("us", .country, "US"),
        ("Apparel & Accessories>Clothing", .category, "Apparel & Accessories > Clothing"), ("2271", .category, "2271"),
        ("Home & Garden > Decor > Rugs", .category, "Home & Garden > Decor > Rugs"),
    ])
    func forms(_ text: String, _ kind: AttributeKind, _ expected: String) {
        #expect(canonical(text, kind) == .success(expected))
        #expect(canonical(expected, kind) == .success(expected))
    }

    @Test(arguments: [
        ("kg", AttributeKind.weight, ValueFault.notANumber), ("1.5", .weight, .unitMissing),
        ("1.5 stone", .weight, .unitUnknown),
        ("0 kg", .weight, .outOfRange), ("-1 kg", .weight, .negative), ("5 m", .length, .unitUnknown),
        ("1e3", .integer, .notANumber),
        ("-1", .integer, .negative), ("1.5", .integer, .notANumber), ("XX", .country, .countryUnknown),
        ("A > > B", .category, .categoryEmptyLevel), ("0", .category, .outOfRange),
    ])
    func faults(_ text: String, _ kind: AttributeKind, _ expected: ValueFault) {
        #expect(canonical(text, kind) == .failure(expected))
    }

    @Test func categories() throws {
        func read(_ text: String) throws(ValueFault) -> ProductCategory {
            let bytes = Array(text.utf8)
            return try ProductCategory(parsing: bytes.span)
        }
        #expect(try read("Media > Books").depth == 2)
        #expect(try read("Media > Books").isKnown)
        #expect(try !read("Bekleidung > Kleider").isKnown)
        #expect(try read("166").depth == 1)
        #expect(try read("2271").depth == nil)
    }

    @Test(arguments: [
        ("US:CA:Overnight:16.00 USD", "US:CA:Overnight:16.00 USD"), ("de:::4,90 EUR", "DE:::4.90 EUR"),
        (":::0 USD", ":::0.00 USD"),
        ("US:Standard:4.95 USD", "US::Standard:4.95 USD"), ("DE:4.90 EUR", "DE:::4.90 EUR"),
        ("4.90 EUR", ":::4.90 EUR"),
        ("US:CA:Ground:9.99 USD, US:NY:Air:15.90 USD", "US:CA:Ground:9.99 USD\nUS:NY:Air:15.90 USD"),
        ("DE:::4,90 EUR,AT:::9,90 EUR", "DE:::4.90 EUR\nAT:::9.90 EUR"),
        ("country\u{1F}US\u{1E}price\u{1F}5 USD\u{1E}postal_code\u{1F}94043", "US:::5.00 USD:postal_code=94043"),
        ("US:::5.00 USD:postal_code=94043", "US:::5.00 USD:postal_code=94043"),
    ])
    func shipping(_ text: String, _ expected: String) {
        #expect(canonical(text, .shipping) == .success(expected))
    }

    @Test(arguments: [
        ("XX:::5 USD", ValueFault.countryUnknown), ("US:CA:Ground:free", .currencyUnknown), ("US:CA:Ground:", .empty),
        ("US:a:b:c:5 USD", .tooManyParts), (":::", .tooFewParts), ("US:CA:Ground:5", .currencyMissing),
    ])
    func shippingFaults(_ text: String, _ expected: ValueFault) {
        guard text != "US:CA:Ground:" else {
            // A country without a price is an entry: the price comes from the account.
            #expect(canonical(text, .shipping) == .success("US:CA:Ground:"))
            return
        }
        #expect(canonical(text, .shipping) == .failure(expected))
    }

    @Test func tax() {
        #expect(canonical("US:CA:8.25:yes", .tax) == .success("US:CA:8.25:yes"))
        #expect(canonical("US:CA:8.25%:n", .tax) == .success("US:CA:8.25:no"))
        #expect(canonical("US:CA:5.00", .tax) == .success("US:CA:5:"))
        #expect(canonical("US:CA:low", .tax) == .failure(.rateInvalid))
        #expect(canonical("US:CA:101", .tax) == .failure(.rateInvalid))
        #expect(canonical("US:CA:", .tax) == .failure(.tooFewParts))
        #expect(canonical("US:CA:5:perhaps", .tax) == .failure(.notOneOf))
    }

    @Test func emptyValuesAppendNothingAndWrongOnesTheirText() {
        for kind in AttributeKind.allCases {
            var bytes: [UInt8] = Array("x".utf8)
            #expect(CanonicalValue.append(Array("  ".utf8).span, kind: kind, to: &bytes) == nil)
            #expect(bytes == Array("x".utf8))
        }
        var bytes: [UInt8] = []
        #expect(CanonicalValue.append(Array(" so  what ".utf8).span, kind: .money, to: &bytes) == .currencyUnknown)
        #expect(String(decoding: bytes, as: UTF8.self) == "so what")
    }

    @Test func everyReasonHasItsOwnSentence() {
        #expect(Set(ValueFault.allCases.map(\.message)).count == ValueFault.allCases.count)
    }
}
