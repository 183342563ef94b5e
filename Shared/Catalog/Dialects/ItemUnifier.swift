/// Makes canonical attributes of a feed's rows: names by the dialect, values by the kind of their attribute.
///
/// A value that is wrong stays as the feed has it, with white space made single: what is wrong with it is the
/// business of ``ItemValidator``, which sees the same attributes whatever the dialect was. Columns are looked at
/// once, when they appear.
public struct ItemUnifier: Sendable {
    /// nil until columns were seen.
    public private(set) var dialect: FeedDialect?
    public let defaults: FeedDefaults
    private let stated: FeedDialect?

    private var mappings: [ColumnMapping] = []
    // By column: the attribute that it sets directly, or 255 where more has to be done.
    private var direct: [UInt8] = []
    // Values of the row by attribute, in the order of attributes: its number, then the order in the feed.
    private var order: [Entry] = []
    private var scratch: [UInt8] = []
    /// For each present attribute of the last item, the cell that it came from; of a list, its first value.
    private var origins: [Int32] = [Int32](repeating: -1, count: Attribute.allCases.count)

    private struct Entry {
        /// Attribute, position in a list and cell, so that numbers sort as values have to be written.
        var key: UInt64
        var attribute: Attribute { Attribute(rawValue: UInt8(truncatingIfNeeded: key >> 40))! }
        var cell: Int { Int(key & 0xFFFF_FFFF) }
    }

    /// - Parameter dialect: nil to recognise it by the columns.
    public init(dialect: FeedDialect? = nil, defaults: FeedDefaults = FeedDefaults()) {
        stated = dialect
        self.defaults = defaults
    }

    /// The columns that are no attribute of the catalog, of those seen so far.
    public func unknownColumns(_ columns: [String]) -> [String] {
        zip(columns, mappings).filter { $0.1.target == .unknown && !$0.0.isEmpty }.map(\.0)
    }

    /// The attributes that the columns seen so far can set.
    public var knownAttributes: AttributeSet {
        var set = AttributeSet()
        for mapping in mappings {
            switch mapping.target {
            case .attribute(let attribute), .part(let attribute, _), .parts(let attribute, _): set.insert(attribute)
            case .image(let index): set.insert(index == 0 ? .imageLink : .additionalImageLink)
            case .unknown: break
            }
        }
        return set
    }

    /// Where an attribute of the last item came from: its cell in the row.
    public func cell(of attribute: Attribute) -> Int? {
        let cell = origins[Int(attribute.rawValue)]
        return cell < 0 ? nil : Int(cell)
    }

    /// Looks at columns that are new, such as those of a header. ``unify(_:columns:into:)`` does it itself.
    public mutating func meet(columns: [String]) {
        guard columns.count > mappings.count else { return }
        if dialect == nil { dialect = stated ?? FeedDialect.recognise(columns: columns) }
        for column in columns[mappings.count...] {
            let mapping = ColumnMapping(column)
            mappings.append(mapping)
            if case .attribute(let attribute) = mapping.target {
                direct.append(attribute.rawValue)
            } else {
                direct.append(255)
            }
        }
    }

    /// Makes the attributes of a row, which must not have a fault.
    public mutating func unify(_ row: borrowing FeedRow, columns: [String], into item: inout ItemAttributes) {
        if columns.count > mappings.count { meet(columns: columns) }
        item.removeAll()
        collect(row)
        for index in origins.indices { origins[index] = -1 }
        var index = 0
        while index < order.count {
            let attribute = order[index].attribute
            var end = index + 1
            while end < order.count, order[end].attribute == attribute { end += 1 }
            write(row, attribute, index..<end, &item)
            index = end
        }
    }

    /// Fills ``order``: which cells are values of which attribute.
    @inline(__always)
    private mutating func collect(_ row: borrowing FeedRow) {
        order.removeAll(keepingCapacity: true)
        var isSorted = true
        var last: UInt64 = 0
        for index in 0..<row.cells.count {
            let column = Int(row.cells[index].column)
            var number = direct[column]
            var place: UInt64 = 0
            if number == 255 {
                switch mappings[column].target {
                case .unknown, .attribute: continue
                case .image(let position):
                    // Of JSON, one column holds all images: the first one is the main one.
                    let isMain = position == 0 && !order.contains { $0.attribute == .imageLink }
                    number = (isMain ? Attribute.imageLink : .additionalImageLink).rawValue
                    place = UInt64(min(position, 255))
                case .part(let attribute, _), .parts(let attribute, _): number = attribute.rawValue
                }
            }
            let key = UInt64(number) << 40 | place << 32 | UInt64(index)
            if key < last { isSorted = false }
            last = key
            order.append(Entry(key: key))
        }
        guard !isSorted else { return }
        // A header has the same order in every row, and few columns: insertion moves little.
        for index in 1..<order.count {
            let entry = order[index]
            var place = index
            while place > 0, order[place - 1].key > entry.key {
                order[place] = order[place - 1]
                place -= 1
            }
            order[place] = entry
        }
    }

    @inline(__always)
    private mutating func write(
        _ row: borrowing FeedRow, _ attribute: Attribute, _ entries: Range<Int>, _ item: inout ItemAttributes
    ) {
        let kind = attribute.kind
        origins[Int(attribute.rawValue)] = Int32(order[entries.lowerBound].cell)
        let cell = row.cells[order[entries.lowerBound].cell]
        if direct[Int(cell.column)] != 255, entries.count == 1 {
            let text = row.text.span.extracting(Int(cell.start)..<Int(cell.end))
            if text[text.count - 1] != PartSeparator.part {
                item.append(attribute) { bytes in
                    _ = CanonicalValue.append(text, kind: kind, defaults: defaults, to: &bytes)
                }
                return
            }
        }
        writeSlowly(row, attribute, entries, &item)
    }

    /// Lists of several cells, parts in columns of their own, objects.
    private mutating func writeSlowly(
        _ row: borrowing FeedRow, _ attribute: Attribute, _ entries: Range<Int>, _ item: inout ItemAttributes
    ) {
        let kind = attribute.kind
        // Parts that are columns make one entry.
        scratch.removeAll(keepingCapacity: true)
        var values: [[UInt8]] = []
        for index in entries {
            let cell = row.cells[order[index].cell]
            let text = row.text.span.extracting(Int(cell.start)..<Int(cell.end))
            switch mappings[Int(cell.column)].target {
            case .part(_, let name): ItemUnifier.appendPart(name, text, to: &scratch)
            case .parts(_, let names): values += ItemUnifier.entries(text, names)
            default: values.append(ItemUnifier.value(text, kind))
            }
        }
        if !scratch.isEmpty { values.append(scratch) }
        if !kind.isList { values = Array(values.prefix(1)) }
        let defaults = defaults
        item.append(attribute) { bytes in
            let first = bytes.count
            for value in values {
                let start = bytes.count
                if start > first { bytes.append(UInt8(ascii: "\n")) }
                let behind = bytes.count
                _ = CanonicalValue.append(value.span, kind: kind, defaults: defaults, to: &bytes)
                if bytes.count == behind { bytes.removeLast(behind - start) }
            }
        }
    }

    private static func appendPart(_ name: String, _ text: Span<UInt8>, to bytes: inout [UInt8]) {
        guard !text.trimmed.isEmpty else { return }
        bytes.append(contentsOf: name.utf8)
        bytes.append(PartSeparator.name)
        bytes.append(text)
        bytes.append(PartSeparator.part)
    }

    /// Entries of `shipping(country:price)`, with commas between them, as named parts.
    private static func entries(_ text: Span<UInt8>, _ names: [String]) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var entry: [UInt8] = []
        var start = 0
        var name = 0
        for index in 0...text.count {
            let isEnd = index == text.count
            // A comma ends an entry only behind its last part, where a decimal comma is followed by a digit.
            let isComma =
                !isEnd && text[index] == UInt8(ascii: ",") && name == names.count - 1
                && (index + 1 == text.count || !text[index + 1].isDigit)
            guard isEnd || isComma || text[index] == UInt8(ascii: ":") else { continue }
            if name < names.count { appendPart(names[name], text.extracting(start..<index), to: &entry) }
            name += 1
            start = index + 1
            if isEnd || isComma {
                if !entry.isEmpty { entries.append(entry) }
                entry = []
                name = 0
            }
        }
        return entries
    }

    /// The value of an object: of an amount its number with its currency, of an image its address, of other objects
    /// themselves.
    private static func value(_ text: Span<UInt8>, _ kind: AttributeKind) -> [UInt8] {
        guard text.first(of: PartSeparator.name) != nil else { return text.array }
        switch kind {
        case .shipping, .tax: return joinedAmounts(text)
        case .money, .weight, .length:
            return part(text, ["value", "amount"]) + [0x20] + part(text, ["currency", "unit", "currency_code"])
        case .url, .urlList: return part(text, ["url", "link", "href", "src"])
        default: return text.array
        }
    }

    private static func part(_ text: Span<UInt8>, _ names: [String]) -> [UInt8] {
        var start = 0
        while start < text.count {
            let end = text.first(of: PartSeparator.part, from: start) ?? text.count
            if let separator = text.first(of: PartSeparator.name, from: start), separator < end,
                names.contains(text.extracting(start..<separator).text.lowercased())
            {
                return text.extracting(separator + 1..<end).array
            }
            start = end + 1
        }
        return []
    }

    /// `price.value` and `price.currency` as one part `price`.
    private static func joinedAmounts(_ text: Span<UInt8>) -> [UInt8] {
        let value = part(text, ["price.value", "price.amount"])
        guard !value.isEmpty else { return text.array }
        var result: [UInt8] = []
        var start = 0
        while start < text.count {
            let end = text.first(of: PartSeparator.part, from: start) ?? text.count
            if !text.extracting(start..<end).hasPrefixIgnoringCase("price.") {
                result.append(text.extracting(start..<end))
                result.append(PartSeparator.part)
            }
            start = end + 1
        }
        let amount = value + [0x20] + part(text, ["price.currency"])
        appendPart("price", amount.span, to: &result)
        return result
    }
}
