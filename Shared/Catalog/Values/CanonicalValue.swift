/// What a feed says once for all of its items.
public struct FeedDefaults: Sendable, Equatable {
    /// Of amounts that name no currency.
    public var currency: Currency?
    /// The country that the feed sells to.
    public var country: Country?

    public init(currency: Currency? = nil, country: Country? = nil) {
        self.currency = currency
        self.country = country
    }
}

/// Values in their canonical form, by the kind of their attribute.
public enum CanonicalValue {
    /// Appends the canonical form of a value, or, where the value is wrong, its text with white space made single,
    /// and says what is wrong. An empty value appends nothing and is not wrong.
    public static func append(
        _ text: Span<UInt8>, kind: AttributeKind, defaults: FeedDefaults = FeedDefaults(), to bytes: inout [UInt8]
    ) -> ValueFault? {
        let start = bytes.count
        do throws(ValueFault) {
            try read(text, kind, defaults, &bytes)
            return nil
        } catch {
            bytes.removeLast(bytes.count - start)
            if error == .empty { return nil }
            return appendCleaned(text, error, kind, defaults, to: &bytes)
        }
    }

    /// The canonical form of a value.
    public static func of(
        _ text: String, kind: AttributeKind, defaults: FeedDefaults = FeedDefaults()
    ) throws(ValueFault) -> String {
        let source = Array(text.utf8)
        var bytes: [UInt8] = []
        try read(source.span, kind, defaults, &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text itself, cleaned. Where that makes it right, such as without a control character, it is canonical
    /// after all: what is kept reads the same ever after.
    private static func appendCleaned(
        _ text: Span<UInt8>, _ fault: ValueFault, _ kind: AttributeKind, _ defaults: FeedDefaults,
        to bytes: inout [UInt8]
    ) -> ValueFault? {
        var visible: [UInt8] = []
        for index in 0..<text.count {
            switch text[index] {
            case PartSeparator.name: visible.append(UInt8(ascii: "="))
            case PartSeparator.part: visible.append(UInt8(ascii: " "))
            default: visible.append(text[index])
            }
        }
        var cleaned: [UInt8] = []
        TextReader.append(visible.span, to: &cleaned)
        let start = bytes.count
        do throws(ValueFault) {
            try read(cleaned.span, kind, defaults, &bytes)
            return nil
        } catch {
            bytes.removeLast(bytes.count - start)
            bytes.append(contentsOf: cleaned)
            // Of nothing but control characters nothing is left.
            return cleaned.isEmpty ? nil : fault
        }
    }

    /// Reads a value; of a list each line by itself, since that is what its canonical form is.
    @inline(__always)
    private static func read(
        _ text: Span<UInt8>, _ kind: AttributeKind, _ defaults: FeedDefaults, _ bytes: inout [UInt8]
    ) throws(ValueFault) {
        guard kind.isList, text.first(of: UInt8(ascii: "\n")) != nil else {
            return try readLine(text, kind, defaults, &bytes)
        }
        let first = bytes.count
        var start = 0
        while let line = nextValue(text, &start, text.count) {
            let value = text.extracting(line)
            guard !value.trimmed.isEmpty else { continue }
            let separator = bytes.count
            if separator > first { bytes.append(UInt8(ascii: "\n")) }
            let behind = bytes.count
            try readLine(value, kind, defaults, &bytes)
            if bytes.count == behind { bytes.removeLast(behind - separator) }
        }
        guard bytes.count > first else { throw .empty }
    }

    @inline(__always)
    private static func readLine(
        _ text: Span<UInt8>, _ kind: AttributeKind, _ defaults: FeedDefaults, _ bytes: inout [UInt8]
    ) throws(ValueFault) {
        switch kind {
        case .text, .textList: TextReader.append(text, to: &bytes)
        case .labels: appendLabels(text, to: &bytes)
        case .money: try Money(parsing: text, assumed: defaults.currency).append(to: &bytes)
        case .availability: bytes.append(try Availability(parsing: text).spelling)
        case .condition: bytes.append(try Condition(parsing: text).spelling)
        case .gender: bytes.append(try Gender(parsing: text).spelling)
        case .ageGroup: bytes.append(try AgeGroup(parsing: text).spelling)
        case .sizeType: bytes.append(try SizeType(parsing: text).spelling)
        case .sizeSystem: bytes.append(try SizeSystem(parsing: text).spelling)
        case .flag: bytes.append(try Flag(parsing: text).spelling)
        case .weightUnit: bytes.append(try WeightUnit(parsing: text).spelling)
        case .gtin: try GTIN(parsing: text).append(to: &bytes)
        case .date: try FeedTime(parsing: text).append(to: &bytes)
        case .interval: try FeedInterval(parsing: text).append(to: &bytes)
        case .url: try WebAddress(parsing: text).append(text, to: &bytes)
        case .urlList: try appendAddresses(text, to: &bytes)
        case .deepLink: bytes.append(text.extracting(try TextReader.deepLink(text)))
        case .category: try ProductCategory(parsing: text).append(text, to: &bytes)
        case .shipping:
            _ = try appendEntries(text, to: &bytes) { (entry, bytes) throws(ValueFault) in
                _ = try ShippingEntry.read(entry, defaults.currency, into: &bytes)
            }
        case .tax:
            _ = try appendEntries(text, to: &bytes) { (entry, bytes) throws(ValueFault) in
                _ = try TaxEntry.read(entry, into: &bytes)
            }
        case .weight: try Quantity(weight: text).append(to: &bytes)
        case .length: try Quantity(length: text).append(to: &bytes)
        case .integer: bytes.append(decimal: try TextReader.integer(text))
        case .country:
            let trimmed = text.trimmed
            guard !trimmed.isEmpty else { throw .empty }
            guard let country = Country(parsing: text.extracting(trimmed)) else { throw .countryUnknown }
            country.append(to: &bytes)
        }
    }

    /// Separated by commas.
    private static func appendLabels(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        let first = bytes.count
        var start = 0
        while start <= text.count {
            let end = text.first(of: UInt8(ascii: ","), from: start) ?? text.count
            let piece = text.extracting(start..<end)
            if !piece.trimmed.isEmpty {
                if bytes.count > first { bytes.append(UInt8(ascii: "\n")) }
                TextReader.append(piece, to: &bytes)
            }
            start = end + 1
        }
    }

    /// Addresses with commas between them. A comma belongs to an address where no address begins behind it.
    private static func appendAddresses(_ text: Span<UInt8>, to bytes: inout [UInt8]) throws(ValueFault) {
        guard !text.trimmed.isEmpty else { throw .empty }
        let first = bytes.count
        var start = 0
        while start < text.count {
            var end = start
            while true {
                guard let comma = text.first(of: UInt8(ascii: ","), from: end) else {
                    end = text.count
                    break
                }
                end = comma
                let rest = text.extracting(comma + 1..<text.count)
                let next = rest.extracting(rest.trimmed)
                if next.isEmpty || next[0] == UInt8(ascii: ",") || next.hasPrefixIgnoringCase("http") { break }
                end = comma + 1
            }
            let piece = text.extracting(start..<end)
            if !piece.trimmed.isEmpty {
                if bytes.count > first { bytes.append(UInt8(ascii: "\n")) }
                try WebAddress(parsing: piece).append(piece, to: &bytes)
            }
            start = end + 1
        }
    }

    /// Entries with commas between them. A comma separates entries where a country, or nothing, and a colon follow
    /// it: a decimal comma does not.
    private static func appendEntries(
        _ text: Span<UInt8>, to bytes: inout [UInt8],
        _ read: (Span<UInt8>, inout [UInt8]) throws(ValueFault) -> Void
    ) throws(ValueFault) {
        guard !text.trimmed.isEmpty else { throw .empty }
        let isNamed = text.first(of: PartSeparator.name) != nil
        let first = bytes.count
        var start = 0
        while start < text.count {
            var end = isNamed ? text.count : start
            while !isNamed {
                guard let comma = text.first(of: UInt8(ascii: ","), from: end) else {
                    end = text.count
                    break
                }
                end = comma
                var next = comma + 1
                while next < text.count, text[next].isSpace { next += 1 }
                let colon = text.first(of: UInt8(ascii: ":"), from: next) ?? -10
                if colon == next || (colon == next + 2 && text[next].isLetter) { break }
                end = comma + 1
            }
            let entry = text.extracting(start..<end)
            start = end + 1
            guard !entry.trimmed.isEmpty else { continue }
            if bytes.count > first { bytes.append(UInt8(ascii: "\n")) }
            try read(entry, &bytes)
        }
        guard bytes.count > first else { throw .empty }
    }
}
