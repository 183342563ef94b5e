/// A set of attributes: a bit for each.
@frozen public struct AttributeSet: Sendable, Hashable {
    // Four words hold every number that an attribute can have.
    @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    @inlinable public init() {}

    public init(_ attributes: some Sequence<Attribute>) {
        for attribute in attributes { insert(attribute) }
    }

    @inlinable public var isEmpty: Bool { words.0 | words.1 | words.2 | words.3 == 0 }

    @inlinable public var count: Int {
        words.0.nonzeroBitCount + words.1.nonzeroBitCount + words.2.nonzeroBitCount + words.3.nonzeroBitCount
    }

    @inlinable public func contains(_ attribute: Attribute) -> Bool {
        word(attribute.rawValue >> 6) & (1 << UInt64(attribute.rawValue & 63)) != 0
    }

    @inlinable public mutating func insert(_ attribute: Attribute) {
        let bit = UInt64(1) << UInt64(attribute.rawValue & 63)
        switch attribute.rawValue >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        default: words.3 |= bit
        }
    }

    @inlinable public mutating func remove(_ attribute: Attribute) {
        let kept = ~(UInt64(1) << UInt64(attribute.rawValue & 63))
        switch attribute.rawValue >> 6 {
        case 0: words.0 &= kept
        case 1: words.1 &= kept
        case 2: words.2 &= kept
        default: words.3 &= kept
        }
    }

    /// How many attributes of the set come before this one.
    @inlinable func rank(of attribute: Attribute) -> Int {
        let below = (UInt64(1) << UInt64(attribute.rawValue & 63)) - 1
        switch attribute.rawValue >> 6 {
        case 0: return (words.0 & below).nonzeroBitCount
        case 1: return words.0.nonzeroBitCount + (words.1 & below).nonzeroBitCount
        case 2:
            return words.0.nonzeroBitCount + words.1.nonzeroBitCount + (words.2 & below).nonzeroBitCount
        default:
            return words.0.nonzeroBitCount + words.1.nonzeroBitCount + words.2.nonzeroBitCount
                + (words.3 & below).nonzeroBitCount
        }
    }

    @inlinable func word(_ index: UInt8) -> UInt64 {
        switch index {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
    }

    /// The attributes that both have.
    public func intersection(_ other: AttributeSet) -> AttributeSet {
        var result = self
        result.words.0 &= other.words.0
        result.words.1 &= other.words.1
        result.words.2 &= other.words.2
        result.words.3 &= other.words.3
        return result
    }

    public static func == (left: AttributeSet, right: AttributeSet) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

extension AttributeSet: Sequence {
    /// Ascending.
    public struct Iterator: IteratorProtocol {
        var set: AttributeSet
        var index: UInt8 = 0

        public mutating func next() -> Attribute? {
            while index < 4 {
                let word = set.word(index)
                if word != 0 {
                    let attribute = Attribute(rawValue: index << 6 + UInt8(word.trailingZeroBitCount))!
                    set.remove(attribute)
                    return attribute
                }
                index += 1
            }
            return nil
        }
    }

    public func makeIterator() -> Iterator { Iterator(set: self) }
}
