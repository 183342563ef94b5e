/// A short value with its capitals, spaces, underscores and hyphens taken away: `In Stock`, `in_stock` and `IN-STOCK`
/// are the same word.
struct FoldedWord {
    private var bytes = InlineArray<32, UInt8>(repeating: 0)
    private(set) var count = 0

    /// nil where the value is too long to be any of the words that are known.
    @inline(__always)
    init?(_ text: Span<UInt8>) {
        for index in 0..<text.count {
            let byte = text[index]
            if byte <= 0x20 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") { continue }
            guard count < 32 else { return nil }
            bytes[count] = byte.lowercased
            count += 1
        }
    }

    @inline(__always)
    func equals(_ word: StaticString) -> Bool {
        guard word.utf8CodeUnitCount == count else { return false }
        let other = word.utf8Start
        for index in 0..<count where bytes[index] != other[index] { return false }
        return true
    }
}

/// An enumeration whose values feeds spell in several ways.
protocol FoldedValue: RawRepresentable<String>, CaseIterable, Sendable {
    /// Folded spellings and what they mean.
    static var spellings: [(StaticString, Self)] { get }
    /// Its canonical spelling without the cost of a String.
    var spelling: StaticString { get }
}

extension FoldedValue {
    @inline(__always)
    init(folding text: Span<UInt8>) throws(ValueFault) {
        guard let word = FoldedWord(text) else { throw .notOneOf }
        guard word.count > 0 else { throw .empty }
        for (spelling, value) in Self.spellings where word.equals(spelling) {
            self = value
            return
        }
        throw .notOneOf
    }
}
