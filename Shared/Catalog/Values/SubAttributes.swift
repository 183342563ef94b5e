/// The separators of an attribute with parts that have names, as the readers of XML and JSON hand it on: name, unit
/// separator, value, record separator (ASCII 31 and 30, which no text of a feed holds).
enum PartSeparator {
    static let name: UInt8 = 0x1F
    static let part: UInt8 = 0x1E
}

/// One entry of `shipping`: what delivery to a place costs.
///
/// As text it is `country:region:service:price` (Google Merchant Center, "shipping": the sub-attributes in this
/// order; the first ones may be empty or left out); XML and JSON name the parts. The canonical form is that text with
/// the country in capitals and the price canonical; further parts follow as `:name=value`.
public struct ShippingEntry: Sendable, Equatable {
    public let country: Country?
    public let price: Money?

    public init(parsing text: Span<UInt8>, assumed: Currency? = nil) throws(ValueFault) {
        var unused: [UInt8] = []
        self = try ShippingEntry.read(text, assumed, into: &unused)
    }

    private init(country: Country?, price: Money?) {
        self.country = country
        self.price = price
    }

    /// Reads an entry and appends its canonical form.
    static func read(
        _ text: Span<UInt8>, _ assumed: Currency?, into bytes: inout [UInt8]
    ) throws(ValueFault) -> ShippingEntry {
        let parts = try SubAttributeParts(text, isTax: false)
        let countryText = text.extracting(parts.range(.country))
        let country = Country(parsing: countryText)
        if country == nil, !countryText.isEmpty { throw .countryUnknown }
        let priceText = text.extracting(parts.range(.price))
        let price = priceText.isEmpty ? nil : try Money(parsing: priceText, assumed: assumed)
        if country == nil, price == nil { throw .tooFewParts }
        country?.append(to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        SubAttributeParts.append(text.extracting(parts.range(.region)), to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        SubAttributeParts.append(text.extracting(parts.range(.service)), to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        price?.append(to: &bytes)
        parts.appendOthers(text, to: &bytes)
        return ShippingEntry(country: country, price: price)
    }
}

/// One entry of `tax`: the rate in a region of the United States, `country:region:rate:tax_ship` (Google Merchant
/// Center, "tax").
public struct TaxEntry: Sendable, Equatable {
    public let country: Country?
    /// Millionths of a percent.
    public let rateMicros: Int64

    static func read(_ text: Span<UInt8>, into bytes: inout [UInt8]) throws(ValueFault) -> TaxEntry {
        let parts = try SubAttributeParts(text, isTax: true)
        let countryText = text.extracting(parts.range(.country))
        let country = Country(parsing: countryText)
        if country == nil, !countryText.isEmpty { throw .countryUnknown }
        var rate = parts.range(.rate)
        guard !rate.isEmpty else { throw .tooFewParts }
        if text[rate.upperBound - 1] == UInt8(ascii: "%") { rate = rate.lowerBound..<rate.upperBound - 1 }
        let micros: Int64
        do throws(ValueFault) {
            micros = try DecimalReader.micros(text.extracting(rate), single: .decimals)
        } catch { throw .rateInvalid }
        guard micros <= 100_000_000 else { throw .rateInvalid }
        let shipText = text.extracting(parts.range(.taxShip))
        let ship = shipText.isEmpty ? nil : try Flag(parsing: shipText)
        country?.append(to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        SubAttributeParts.append(text.extracting(parts.range(.region)), to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        DecimalReader.append(micros: micros, minimumDecimals: 0, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        if let ship { bytes.append(ship == .yes ? "yes" : "no") }
        return TaxEntry(country: country, rateMicros: micros)
    }
}

/// Where the parts of an entry lie in its text.
struct SubAttributeParts {
    enum Name: Int { case country, region, service, price, rate, taxShip }

    private var ranges = InlineArray<6, Range<Int>>(repeating: 0..<0)
    // Parts of a structured entry that are not among the names: ranges of name and value behind each other.
    private var others: [(Range<Int>, Range<Int>)] = []

    func range(_ name: Name) -> Range<Int> { ranges[name.rawValue] }

    init(_ text: Span<UInt8>, isTax: Bool) throws(ValueFault) {
        guard !text.trimmed.isEmpty else { throw .empty }
        if text.first(of: PartSeparator.name) != nil {
            readNamed(text)
            return
        }
        var pieces = InlineArray<4, Range<Int>>(repeating: 0..<0)
        var count = 0
        var start = 0
        while start <= text.count {
            let end = text.first(of: UInt8(ascii: ":"), from: start) ?? text.count
            let piece = start..<end
            let trimmed = text.extracting(piece).trimmed
            if let equals = text.extracting(piece).first(of: UInt8(ascii: "=")), count == 4 {
                // A further part of the canonical form.
                others.append((start..<start + equals, start + equals + 1..<end))
            } else {
                guard count < 4 else { throw .tooManyParts }
                pieces[count] = start + trimmed.lowerBound..<start + trimmed.upperBound
                count += 1
            }
            start = end + 1
        }
        guard count > (isTax ? 2 : 0) else { throw .tooFewParts }
        for index in 0..<count { ranges[SubAttributeParts.name(index, of: count, isTax).rawValue] = pieces[index] }
    }

    /// Which part stands at a place of so many.
    private static func name(_ index: Int, of count: Int, _ isTax: Bool) -> Name {
        switch (isTax, count, index) {
        case (true, _, 0): .country
        case (true, _, 1): .region
        case (true, _, 2): .rate
        case (true, _, _): .taxShip
        case (false, 1, _): .price
        case (false, _, 0): .country
        case (false, 2, _): .price
        case (false, 3, 1): .service
        case (false, 3, _): .price
        case (false, _, 1): .region
        case (false, _, 2): .service
        case (false, _, _): .price
        }
    }

    private mutating func readNamed(_ text: Span<UInt8>) {
        var start = 0
        while start < text.count {
            let end = text.first(of: PartSeparator.part, from: start) ?? text.count
            defer { start = end + 1 }
            guard let separator = text.first(of: PartSeparator.name, from: start), separator < end else { continue }
            let trimmed = text.extracting(separator + 1..<end).trimmed
            let value = separator + 1 + trimmed.lowerBound..<separator + 1 + trimmed.upperBound
            let name = text.extracting(start..<separator)
            if let known = SubAttributeParts.name(name) {
                ranges[known.rawValue] = value
            } else if !value.isEmpty {
                others.append((start..<separator, value))
            }
        }
    }

    private static func name(_ text: Span<UInt8>) -> Name? {
        guard let word = FoldedWord(text) else { return nil }
        let names: [(StaticString, Name)] = [
            ("country", .country), ("region", .region), ("service", .service), ("price", .price), ("rate", .rate),
            ("taxship", .taxShip), ("shippingcountry", .country), ("shippingservice", .service),
            ("shippingprice", .price), ("shippingregion", .region),
        ]
        return names.first { word.equals($0.0) }?.1
    }

    /// Sorted by name, so that their order in the feed does not matter.
    func appendOthers(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        guard !others.isEmpty else { return }
        let pairs = others.map { pair in
            var entry: [UInt8] = [UInt8(ascii: ":")]
            SubAttributeParts.append(text.extracting(pair.0), to: &entry)
            entry.append(UInt8(ascii: "="))
            SubAttributeParts.append(text.extracting(pair.1), to: &entry)
            return entry
        }
        for pair in pairs.sorted(by: { $0.lexicographicallyPrecedes($1) }) { bytes.append(contentsOf: pair) }
    }

    /// Appends a part without the characters that separate parts and entries.
    static func append(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        for index in 0..<text.count {
            let byte = text[index]
            guard byte == UInt8(ascii: ":") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "=") else { continue }
            var plain = text.array
            for index in plain.indices where [0x3A, 0x2C, 0x3D].contains(plain[index]) { plain[index] = 0x20 }
            return TextReader.append(plain.span, to: &bytes)
        }
        TextReader.append(text, to: &bytes)
    }
}
