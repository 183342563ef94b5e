/// A category of the Google product taxonomy: its number (`2271`) or its path (`Apparel & Accessories > Clothing >
/// Dresses`).
///
/// The taxonomy itself is not carried: of a path, the first level is checked against its 21 top-level categories (in
/// English); of a number, only that it is one. The canonical form has ` > ` between the levels.
public struct ProductCategory: Sendable, Equatable {
    /// nil for a path.
    public let number: Int?
    /// Levels of a path; 1 for the number of a top-level category; nil for other numbers.
    public let depth: Int?
    /// Whether a path begins with a top-level category in English.
    public let isKnown: Bool

    public init(parsing text: Span<UInt8>) throws(ValueFault) {
        let trimmed = text.trimmed
        guard !trimmed.isEmpty else { throw .empty }
        let value = text.extracting(trimmed)
        if value[0].isDigit, let number = ProductCategory.number(value) {
            guard (1...999_999).contains(number) else { throw .outOfRange }
            self.number = number
            depth = TaxonomyTable.roots.contains { $0.number == number } ? 1 : nil
            isKnown = true
            return
        }
        number = nil
        var levels = 0
        var isKnown = false
        var start = 0
        while start <= value.count {
            let end = value.first(of: UInt8(ascii: ">"), from: start) ?? value.count
            let piece = value.extracting(start..<end)
            let level = piece.extracting(piece.trimmed)
            guard !level.isEmpty else { throw .categoryEmptyLevel }
            if levels == 0 { isKnown = TaxonomyTable.roots.contains { level.equalsIgnoringCase($0.name) } }
            levels += 1
            start = end + 1
        }
        depth = levels
        self.isKnown = isKnown
    }

    private static func number(_ text: Span<UInt8>) -> Int? {
        var number = 0
        for index in 0..<text.count {
            guard text[index].isDigit, number < 1_000_000 else { return nil }
            number = number * 10 + Int(text[index] &- 0x30)
        }
        return number
    }

    func append(_ source: Span<UInt8>, to bytes: inout [UInt8]) {
        if let number { return bytes.append(decimal: Int64(number)) }
        var start = 0
        while start <= source.count {
            let end = source.first(of: UInt8(ascii: ">"), from: start) ?? source.count
            if start > 0 { bytes.append(" > ") }
            TextReader.append(source.extracting(start..<end), to: &bytes)
            start = end + 1
        }
    }
}

enum TaxonomyTable {
    /// The top level of the Google product taxonomy, version 2021-09-21.
    static let roots: [(number: Int, name: StaticString)] = [
        (1, "animals & pet supplies"), (166, "apparel & accessories"), (8, "arts & entertainment"),
        (537, "baby & toddler"), (111, "business & industrial"), (141, "cameras & optics"), (222, "electronics"),
        (412, "food, beverages & tobacco"), (436, "furniture"), (632, "hardware"), (469, "health & beauty"),
        (536, "home & garden"), (5181, "luggage & bags"), (772, "mature"), (783, "media"), (922, "office supplies"),
        (5605, "religious & ceremonial"), (2092, "software"), (988, "sporting goods"), (1239, "toys & games"),
        (888, "vehicles & parts"),
    ]
}
