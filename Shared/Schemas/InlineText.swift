/// A short text held in place: at most `capacity` bytes, no allocation. What the bytes spell is not checked.
///
/// Of a text that is longer only the length is kept, so that whoever judges it can say that it is too long.
@frozen
public struct InlineText<let capacity: Int>: BitwiseCopyable, Sendable {
    /// The bytes, then zeros; zeros alone where the text does not fit.
    @usableFromInline var storage: InlineArray<capacity, UInt8>
    @usableFromInline var length: Int32

    /// The empty text.
    @inlinable
    public init() {
        storage = InlineArray(repeating: 0)
        length = 0
    }

    /// Takes the bytes as they are.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.init()
        length = Int32(clamping: bytes.count)
        guard bytes.count <= capacity else { return }
        withUnsafeMutableBytes(of: &storage) { $0.copyMemory(from: bytes) }
    }

    /// Takes the text's UTF-8.
    @inlinable
    public init(_ text: String) {
        var text = text
        self = text.withUTF8 { InlineText(UnsafeRawBufferPointer($0)) }
    }

    /// How many bytes the text had as it was given: more than `capacity` where it does not fit.
    @inlinable public var count: Int { Int(length) }
    /// Whether all of the text is here.
    @inlinable public var fits: Bool { count <= capacity }
    @inlinable public var isEmpty: Bool { count == 0 }

    /// The bytes in place; none where the text does not fit.
    @inlinable
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        withUnsafeBytes(of: storage) { body(UnsafeRawBufferPointer(rebasing: $0[..<(fits ? count : 0)])) }
    }

    /// The bytes in an array of their own; none where the text does not fit.
    @inlinable public var bytes: [UInt8] { withBytes { [UInt8]($0) } }
}

extension InlineText: Hashable {
    @inlinable
    public static func == (a: Self, b: Self) -> Bool {
        // The same length and the same bytes, those behind the text being zeros in both.
        a.length == b.length
            && withUnsafeBytes(of: a.storage) { mine in withUnsafeBytes(of: b.storage) { mine.elementsEqual($0) } }
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(length)
        withBytes { hasher.combine(bytes: $0) }
    }
}

extension InlineText: CustomStringConvertible {
    /// The text, with what is not UTF-8 replaced; how long it is where it does not fit.
    public var description: String {
        fits ? withBytes { String(decoding: $0, as: UTF8.self) } : "(\(count) bytes)"
    }
}
