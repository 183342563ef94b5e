/// Finds what is wrong with an item, by the published codes: a pure function of its attributes and the settings.
///
/// Attributes are canonical, as ``ItemUnifier`` makes them; a value that is wrong is there as the feed has it. What
/// needs other items of the feed (duplicates, sizes of groups) is ``FeedCounters``' business.
public struct ItemValidator: Sendable {
    public let settings: ValidationSettings

    public init(settings: ValidationSettings = ValidationSettings()) { self.settings = settings }

    /// Appends what is found, by attribute.
    public func validate(_ item: borrowing ItemAttributes, into findings: inout [Finding]) {
        var check = ItemCheck(settings: settings, present: item.present)
        let bytes = item.bytes.span
        check.required(&findings)
        check.identity(item, bytes, &findings)
        check.prices(item, bytes, &findings)
        check.links(item, bytes, &findings)
        check.images(item, bytes, &findings)
        check.descriptions(item, bytes, &findings)
        check.enumerations(item, bytes, &findings)
        check.deliveries(item, bytes, &findings)
        if !item.present.intersection(ItemCheck.adMedia).isEmpty { check.media(item, bytes, &findings) }
    }

    /// What is found, for tests and single items.
    public func findings(_ item: ItemAttributes) -> [Finding] {
        var findings: [Finding] = []
        validate(item, into: &findings)
        return findings
    }
}

/// The checks of one item. A check that is about an absent optional attribute costs a bit's test.
struct ItemCheck {
    let settings: ValidationSettings
    let present: AttributeSet
    // Of the price, for the country's check.
    var priceCurrency: Currency?

    init(settings: ValidationSettings, present: AttributeSet) {
        self.settings = settings
        self.present = present
    }

    static let adMedia = AttributeSet(
        Attribute.allCases.filter { $0 >= .adImage0Link && $0 <= .adVideo2Tag })

    func required(_ findings: inout [Finding]) {
        if !present.contains(.id) { findings.append(Finding(.itemidMissing, .id)) }
        if !present.contains(.title) { findings.append(Finding(.titleMissing, .title)) }
        if !present.contains(.description) { findings.append(Finding(.descriptionMissing, .description)) }
        if !present.contains(.link) { findings.append(Finding(.productLinkMissing, .link)) }
        if !present.contains(.imageLink) { findings.append(Finding(.imageLinkMissing, .imageLink)) }
        if !present.contains(.price) { findings.append(Finding(.priceMissing, .price)) }
        if !present.contains(.availability) { findings.append(Finding(.availabilityInvalid, .availability, .empty)) }
        if !present.contains(.condition) { findings.append(Finding(.optionalConditionMissing, .condition)) }
        if !present.contains(.googleProductCategory) {
            findings.append(Finding(.optionalProductCategoryMissing, .googleProductCategory))
        }
    }

    func identity(_ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ findings: inout [Finding]) {
        if let range = item.range(of: .gtin) {
            do throws(ValueFault) {
                _ = try GTIN(parsing: bytes.extracting(range))
            } catch { findings.append(Finding(.gtinInvalid, .gtin, error)) }
        }
        if let range = item.range(of: .mpn), !isPartNumber(bytes.extracting(range)) {
            findings.append(Finding(.mpnInvalid, .mpn))
        }
        if let range = item.range(of: .multipack) {
            do throws(ValueFault) {
                guard try TextReader.integer(bytes.extracting(range)) > 1 else { throw .outOfRange }
            } catch { findings.append(Finding(.multipackInvalid, .multipack, error)) }
        }
    }

    private func isPartNumber(_ text: Span<UInt8>) -> Bool {
        guard text.scalarCount <= settings.mpnLength else { return false }
        for word: StaticString in ["n/a", "na", "none", "null", "unknown", "does not apply", "-"]
        where text.equalsIgnoringCase(word) { return false }
        for index in 0..<text.count where text[index].isLetter || text[index].isDigit || text[index] >= 0x80 {
            return true
        }
        return false
    }

    // MARK: - Text and enumerations

    func descriptions(_ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ findings: inout [Finding]) {
        if let range = item.range(of: .title), isLonger(bytes, range, settings.titleLength) {
            findings.append(Finding(.titleLengthTooLong, .title))
        }
        if let range = item.range(of: .description), isLonger(bytes, range, settings.descriptionLength) {
            findings.append(Finding(.descriptionLengthTooLong, .description))
        }
        if let range = item.range(of: .productType) {
            var start = range.lowerBound
            while let path = nextValue(bytes, &start, range.upperBound) {
                guard isLonger(bytes, path, settings.productTypeLength) else { continue }
                findings.append(Finding(.productTypeLengthTooLong, .productType))
                break
            }
        }
        for number in 0..<5 {
            let label = Attribute.customLabel(number)
            if let range = item.range(of: label), isLonger(bytes, range, settings.customLabelLength) {
                findings.append(Finding(.customLabelLengthTooLong, label))
            }
        }
        if let range = item.range(of: .googleProductCategory) { category(bytes.extracting(range), &findings) }
    }

    private func category(_ text: Span<UInt8>, _ findings: inout [Finding]) {
        do throws(ValueFault) {
            let category = try ProductCategory(parsing: text)
            guard category.isKnown || !settings.requiresEnglishTaxonomy else { throw .categoryUnknown }
            if let depth = category.depth, depth < 3 {
                findings.append(Finding(.productCategoryDepthWarning, .googleProductCategory))
            }
        } catch { findings.append(Finding(.optionalProductCategoryInvalid, .googleProductCategory, error)) }
    }

    /// Whether a value has more Unicode scalars than allowed. Most have fewer bytes already.
    @inline(__always)
    func isLonger(_ bytes: Span<UInt8>, _ range: Range<Int>, _ limit: Int) -> Bool {
        range.count > limit && bytes.extracting(range).scalarCount > limit
    }

    func enumerations(_ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ findings: inout [Finding]) {
        read(item, .availability, .availabilityInvalid, &findings) { range throws(ValueFault) in
            _ = try Availability(parsing: bytes.extracting(range))
        }
        read(item, .condition, .optionalConditionInvalid, &findings) { range throws(ValueFault) in
            _ = try Condition(parsing: bytes.extracting(range))
        }
        read(item, .gender, .genderInvalid, &findings) { range throws(ValueFault) in
            _ = try Gender(parsing: bytes.extracting(range))
        }
        read(item, .ageGroup, .ageGroupInvalid, &findings) { range throws(ValueFault) in
            _ = try AgeGroup(parsing: bytes.extracting(range))
        }
        read(item, .sizeType, .sizeTypeInvalid, &findings) { range throws(ValueFault) in
            _ = try SizeType(parsing: bytes.extracting(range))
        }
        read(item, .sizeSystem, .sizeSystemInvalid, &findings) { range throws(ValueFault) in
            _ = try SizeSystem(parsing: bytes.extracting(range))
        }
        read(item, .adult, .adultInvalid, &findings) { range throws(ValueFault) in
            _ = try Flag(parsing: bytes.extracting(range))
        }
        read(item, .isBundle, .isBundleInvalid, &findings) { range throws(ValueFault) in
            _ = try Flag(parsing: bytes.extracting(range))
        }
        read(item, .expirationDate, .expirationDateInvalid, &findings) { range throws(ValueFault) in
            _ = try FeedTime(parsing: bytes.extracting(range))
        }
        read(item, .availabilityDate, .availabilityDateInvalid, &findings) { range throws(ValueFault) in
            _ = try FeedTime(parsing: bytes.extracting(range))
        }
        read(item, .updatedTime, .updatedTimeInvalid, &findings) { range throws(ValueFault) in
            _ = try FeedTime(parsing: bytes.extracting(range))
        }
        read(item, .salePriceEffectiveDate, .saleDateInvalid, &findings) { range throws(ValueFault) in
            _ = try FeedInterval(parsing: bytes.extracting(range))
        }
    }

    /// Reads a value where it is present; a fault is a finding.
    @inline(__always)
    func read(
        _ item: borrowing ItemAttributes, _ attribute: Attribute, _ code: ValidationCode, _ findings: inout [Finding],
        _ read: (Range<Int>) throws(ValueFault) -> Void
    ) {
        guard let range = item.range(of: attribute) else { return }
        do throws(ValueFault) {
            try read(range)
        } catch { findings.append(Finding(code, attribute, error)) }
    }

    // MARK: - Delivery

    func deliveries(_ item: borrowing ItemAttributes, _ bytes: Span<UInt8>, _ findings: inout [Finding]) {
        read(item, .shippingWeight, .shippingWeightInvalid, &findings) { range throws(ValueFault) in
            _ = try Quantity(weight: bytes.extracting(range))
        }
        read(item, .shippingHeight, .shippingHeightInvalid, &findings) { range throws(ValueFault) in
            _ = try Quantity(length: bytes.extracting(range))
        }
        read(item, .shippingWidth, .shippingWidthInvalid, &findings) { range throws(ValueFault) in
            _ = try Quantity(length: bytes.extracting(range))
        }
        read(item, .weightUnit, .weightUnitInvalid, &findings) { range throws(ValueFault) in
            _ = try WeightUnit(parsing: bytes.extracting(range))
        }
        var country = settings.country
        if let range = item.range(of: .shipping) {
            var start = range.lowerBound
            while let entry = nextValue(bytes, &start, range.upperBound) {
                do throws(ValueFault) {
                    let read = try ShippingEntry(parsing: bytes.extracting(entry))
                    if country == nil { country = read.country }
                } catch {
                    findings.append(Finding(.shippingInvalid, .shipping, error))
                    break
                }
            }
        }
        if let range = item.range(of: .tax) {
            var unused: [UInt8] = []
            var start = range.lowerBound
            while let entry = nextValue(bytes, &start, range.upperBound) {
                do throws(ValueFault) {
                    _ = try TaxEntry.read(bytes.extracting(entry), into: &unused)
                } catch {
                    findings.append(Finding(.taxInvalid, .tax, error))
                    break
                }
            }
        }
        if let usual = country?.usualCurrency, let priceCurrency, usual != priceCurrency {
            findings.append(Finding(.countryDoesNotMapToCurrency, .price))
        }
    }
}

/// The next value of a list, which lie one a line; nil behind the last one.
@inline(__always)
func nextValue(_ bytes: Span<UInt8>, _ start: inout Int, _ end: Int) -> Range<Int>? {
    guard start < end else { return nil }
    var stop = start
    while stop < end, bytes[stop] != UInt8(ascii: "\n") { stop += 1 }
    defer { start = stop + 1 }
    return start..<stop
}
