/// The attributes of an item that are present, each with its text.
///
/// The texts lie behind each other in one buffer, in the order of the attributes, so that two items with the same
/// attributes are the same bytes: equality and hashing do not depend on the order in which they were set. A list
/// (``AttributeKind/isList``) holds its values one a line. An absent attribute and an empty one are the same thing.
///
/// A value of this type is meant to be used again and again: ``removeAll()`` keeps its storage, and setting
/// attributes in ascending order only appends.
public struct ItemAttributes: Sendable, Hashable {
    /// Which attributes are present.
    public private(set) var present = AttributeSet()
    // Where the text of each present attribute ends, ascending by attribute.
    private var ends: [UInt32] = []
    /// The texts of all, one behind the other; ``range(of:)`` says where each lies.
    public private(set) var bytes: [UInt8] = []

    public init() {}

    /// From texts; empty ones are left out.
    public init(_ texts: [Attribute: String]) {
        for (attribute, text) in texts.sorted(by: { $0.key < $1.key }) { self[attribute] = text }
    }

    public var isEmpty: Bool { present.isEmpty }
    public var count: Int { ends.count }

    /// Forgets all attributes and keeps the storage.
    public mutating func removeAll() {
        present = AttributeSet()
        ends.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Where the text of an attribute lies in ``bytes``; nil where it is absent.
    public func range(of attribute: Attribute) -> Range<Int>? {
        guard present.contains(attribute) else { return nil }
        let rank = present.rank(of: attribute)
        return (rank == 0 ? 0 : Int(ends[rank - 1]))..<Int(ends[rank])
    }

    /// The text of an attribute. Setting nil or an empty text removes it.
    public subscript(attribute: Attribute) -> String? {
        get {
            guard let range = range(of: attribute) else { return nil }
            return String(decoding: bytes[range], as: UTF8.self)
        }
        set {
            var text = newValue ?? ""
            text.withUTF8 { set(attribute, to: $0.span) }
        }
    }

    /// The values of a list, or the one value of an attribute that is none.
    public func values(of attribute: Attribute) -> [String] {
        guard let text = self[attribute] else { return [] }
        return attribute.kind.isList ? text.split(separator: "\n").map(String.init) : [text]
    }

    /// Sets the text of an attribute, UTF-8; an empty one removes it.
    public mutating func set(_ attribute: Attribute, to text: Span<UInt8>) {
        remove(attribute)
        guard !text.isEmpty else { return }
        let rank = present.rank(of: attribute)
        let start = rank == 0 ? 0 : Int(ends[rank - 1])
        if rank == ends.count {
            bytes.append(text)
        } else {
            bytes.insert(contentsOf: text.array, at: start)
            for later in rank..<ends.count { ends[later] += UInt32(text.count) }
        }
        ends.insert(UInt32(start + text.count), at: rank)
        present.insert(attribute)
    }

    public mutating func remove(_ attribute: Attribute) {
        guard let range = range(of: attribute) else { return }
        let rank = present.rank(of: attribute)
        bytes.removeSubrange(range)
        ends.remove(at: rank)
        for later in rank..<ends.count { ends[later] -= UInt32(range.count) }
        present.remove(attribute)
    }

    /// Appends an attribute that comes after all that are present, with what the closure appends to the buffer. Nothing
    /// appended means that the attribute is absent.
    @inline(__always)
    mutating func append<Result>(_ attribute: Attribute, _ write: (inout [UInt8]) -> Result) -> Result {
        let start = bytes.count
        let result = write(&bytes)
        guard bytes.count > start else { return result }
        ends.append(UInt32(bytes.count))
        present.insert(attribute)
        return result
    }

    /// Only the attributes of a set.
    public func filtered(_ set: AttributeSet) -> ItemAttributes {
        var result = ItemAttributes()
        for attribute in present.intersection(set) {
            result.append(attribute) { $0.append(contentsOf: bytes[range(of: attribute)!]) }
        }
        return result
    }

    /// Only the attributes of a group.
    public func filtered(_ group: AttributeGroup) -> ItemAttributes { filtered(group.attributes) }
}

extension ItemAttributes: CustomStringConvertible {
    /// One attribute a line, for messages of tests.
    public var description: String { present.map { "\($0.name): \(self[$0] ?? "")" }.joined(separator: "\n") }
}
