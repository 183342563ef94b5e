/// What the elements of a `BinaryArrayBuilder` are.
public protocol BinaryArrayElement {
    static var elementType: PostgresType { get }
    static var arrayType: PostgresType { get }
}

/// The element types that are supported, as names at compile time only.
public enum PostgresElement {
    public enum Int4: BinaryArrayElement {
        public static var elementType: PostgresType { .int4 }
        public static var arrayType: PostgresType { .int4Array }
    }
    public enum Int8: BinaryArrayElement {
        public static var elementType: PostgresType { .int8 }
        public static var arrayType: PostgresType { .int8Array }
    }
    public enum Bool: BinaryArrayElement {
        public static var elementType: PostgresType { .bool }
        public static var arrayType: PostgresType { .boolArray }
    }
    public enum Text: BinaryArrayElement {
        public static var elementType: PostgresType { .text }
        public static var arrayType: PostgresType { .textArray }
    }
    public enum Bytea: BinaryArrayElement {
        public static var elementType: PostgresType { .bytea }
        public static var arrayType: PostgresType { .byteaArray }
    }
    public enum Numeric: BinaryArrayElement {
        public static var elementType: PostgresType { .numeric }
        public static var arrayType: PostgresType { .numericArray }
    }
    public enum Timestamptz: BinaryArrayElement {
        public static var elementType: PostgresType { .timestamptz }
        public static var arrayType: PostgresType { .timestamptzArray }
    }
}

/// Builds `int4[]`.
public typealias Int4ArrayBuilder = BinaryArrayBuilder<PostgresElement.Int4>
/// Builds `int8[]`.
public typealias Int8ArrayBuilder = BinaryArrayBuilder<PostgresElement.Int8>
/// Builds `bool[]`.
public typealias BoolArrayBuilder = BinaryArrayBuilder<PostgresElement.Bool>
/// Builds `text[]`.
public typealias TextArrayBuilder = BinaryArrayBuilder<PostgresElement.Text>
/// Builds `bytea[]`.
public typealias ByteaArrayBuilder = BinaryArrayBuilder<PostgresElement.Bytea>
/// Builds `numeric[]` of whole numbers.
public typealias NumericArrayBuilder = BinaryArrayBuilder<PostgresElement.Numeric>
/// Builds `timestamptz[]`.
public typealias TimestamptzArrayBuilder = BinaryArrayBuilder<PostgresElement.Timestamptz>

/// Builds a one-dimensional array in PostgreSQL's binary form (`array_recv`): a header of 20 bytes (dimensions,
/// whether there are nulls, element type, count, lower bound), then each element as its length and its bytes, all
/// big-endian.
///
/// Appending writes into one byte buffer that grows by doubling; nothing else is allocated. Keep the builder and
/// empty it with `removeAll()` to use the buffer again.
///
/// `unnest` of several arrays fills the shorter ones up with NULL: append to all of them, row by row.
@frozen
public struct BinaryArrayBuilder<Element: BinaryArrayElement>: Sendable {
    @usableFromInline var storage: ByteStorage
    @usableFromInline var used: Int
    /// The number of elements, nulls included.
    @inlinable public var count: Int { elementCount }
    @usableFromInline var elementCount: Int

    @inlinable static var headerBytes: Int { 20 }

    /// - Parameter minimumBytes: the size of the buffer to start with; an int8 takes 12 bytes, a numeric 14 to 32.
    public init(minimumBytes: Int = 1024) {
        storage = ByteStorage(capacity: max(minimumBytes, Self.headerBytes))
        used = Self.headerBytes
        elementCount = 0
        writeHeader()
    }

    /// The bytes that the array will take in a statement.
    public var byteCount: Int { elementCount == 0 ? 12 : used }

    /// Whether there is no element.
    public var isEmpty: Bool { elementCount == 0 }

    /// The array as a parameter. It shares the buffer, without a copy; see `BinaryArray`.
    public var parameter: PostgresParameter {
        .array(BinaryArray(type: Element.arrayType, byteCount: byteCount, storage: storage))
    }

    /// Empties the array and keeps its buffer.
    public mutating func removeAll(keepingCapacity: Swift.Bool = true) {
        if !keepingCapacity {
            storage = ByteStorage(capacity: Self.headerBytes)
        } else if !isKnownUniquelyReferenced(&storage) {
            storage = ByteStorage(capacity: storage.capacity)
        }
        used = Self.headerBytes
        elementCount = 0
        writeHeader()
    }

    /// Appends NULL.
    @inlinable
    public mutating func appendNull() {
        let element = reserve(4)
        Self.store(Int32(-1), at: element)
        Self.store(Int32(1), at: storage.start + 4)
    }

    /// Makes room for an element of `byteCount` bytes, counts it, and says where it starts.
    @inlinable
    mutating func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer {
        if used + byteCount > storage.capacity || !isKnownUniquelyReferenced(&storage) { grow(by: byteCount) }
        let start = storage.start
        let element = start + used
        used += byteCount
        elementCount += 1
        // The header always tells the present count, so that taking the parameter changes nothing.
        Self.store(Int32(truncatingIfNeeded: elementCount), at: start + 12)
        Self.store(Int32(1), at: start)
        return element
    }

    @usableFromInline @inline(never)
    mutating func grow(by byteCount: Int) {
        let needed = used + byteCount
        let larger = ByteStorage(
            capacity: needed > storage.capacity ? max(needed, storage.capacity * 2) : storage.capacity)
        larger.start.copyMemory(from: storage.start, byteCount: used)
        storage = larger
    }

    /// The header of an array without elements: no dimension; the part behind 12 bytes is then not sent.
    private func writeHeader() {
        Self.store(Int32(0), at: storage.start)
        Self.store(Int32(0), at: storage.start + 4)
        Self.store(Int32(bitPattern: Element.elementType.rawValue), at: storage.start + 8)
        Self.store(Int32(0), at: storage.start + 12)
        Self.store(Int32(1), at: storage.start + 16)
    }

    @inlinable
    static func store<T: FixedWidthInteger & BitwiseCopyable>(_ value: T, at place: UnsafeMutableRawPointer) {
        place.storeBytes(of: value.bigEndian, as: T.self)
    }

    /// Appends an element of the bytes given, its length before it.
    @inlinable
    mutating func appendBytes(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= Int(Int32.max), "an element of an array is at most 2 GiB")
        let element = reserve(4 + bytes.count)
        Self.store(Int32(truncatingIfNeeded: bytes.count), at: element)
        if let start = bytes.baseAddress { (element + 4).copyMemory(from: start, byteCount: bytes.count) }
    }
}

extension BinaryArrayBuilder where Element == PostgresElement.Int4 {
    @inlinable
    public mutating func append(_ value: Int32) {
        let element = reserve(8)
        Self.store(Int32(4), at: element)
        Self.store(value, at: element + 4)
    }
}

extension BinaryArrayBuilder where Element == PostgresElement.Int8 {
    @inlinable
    public mutating func append(_ value: Int64) {
        let element = reserve(12)
        Self.store(Int32(8), at: element)
        Self.store(value, at: element + 4)
    }
}

extension BinaryArrayBuilder where Element == PostgresElement.Bool {
    @inlinable
    public mutating func append(_ value: Swift.Bool) {
        let element = reserve(5)
        Self.store(Int32(1), at: element)
        Self.store(value ? 1 : 0 as UInt8, at: element + 4)
    }
}

extension BinaryArrayBuilder where Element == PostgresElement.Text {
    @inlinable
    public mutating func append(_ value: String) {
        var value = value
        value.withUTF8 { appendBytes(UnsafeRawBufferPointer($0)) }
    }

    /// Appends text given as UTF-8. The server refuses the whole statement (22021) where it is not UTF-8 or holds
    /// a zero byte: bytes that nobody has checked belong in `bytea`.
    @inlinable
    public mutating func append(utf8 bytes: UnsafeRawBufferPointer) { appendBytes(bytes) }
}

extension BinaryArrayBuilder where Element == PostgresElement.Bytea {
    /// Appends the bytes; nil appends NULL.
    @inlinable
    public mutating func append(_ bytes: UnsafeRawBufferPointer?) {
        if let bytes { appendBytes(bytes) } else { appendNull() }
    }

    @inlinable
    public mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { appendBytes($0) }
    }
}

extension BinaryArrayBuilder where Element == PostgresElement.Timestamptz {
    /// Appends a time in milliseconds of Unix time, UTC.
    ///
    /// PostgreSQL counts microseconds from 2000-01-01. A time that it cannot hold (before 4713 BC, after 294276 AD)
    /// makes the server refuse the statement with 22008; it never becomes `infinity`.
    @inlinable
    public mutating func append(unixMilliseconds: Int64) {
        let element = reserve(12)
        let (sinceEpoch, before) = unixMilliseconds.subtractingReportingOverflow(946_684_800_000)
        let (microseconds, beyond) = sinceEpoch.multipliedReportingOverflow(by: 1000)
        Self.store(Int32(8), at: element)
        // Int64.max and .min mean infinity: a neighbour is out of range, and is refused.
        Self.store(before || beyond ? Int64.max - 1 : microseconds, at: element + 4)
    }
}
