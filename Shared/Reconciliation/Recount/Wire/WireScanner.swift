/// Walks over the fields of a protobuf message, by the rules of Google's C++ parser as the contract has them.
///
/// What a field is for is not known here: each comes with its number and what its wire type carries, and the caller takes
/// those that it knows.
struct WireScanner {
    enum Field {
        /// `value` is the low 64 bits of a varint.
        case varint
        /// `start` and `count` are the bytes of a string, of bytes or of a message.
        case bytes
        /// A field of another kind, a whole group for example. It is passed over.
        case other
        /// There are no more fields.
        case end
        /// The bytes are no message.
        case broken
    }

    /// The deepest nesting of groups.
    static let deepestGroup = 100
    /// A length must be below this: the limit of Google's C++ parser.
    static let lengthLimit: UInt64 = 0x7FFF_FFF0

    private(set) var number: UInt32 = 0
    private(set) var value: UInt64 = 0
    private(set) var start: UnsafeRawPointer
    private(set) var count = 0
    private var place: UnsafeRawPointer
    private let end: UnsafeRawPointer

    init(_ start: UnsafeRawPointer, count: Int) {
        self.start = start
        place = start
        end = start + count
    }

    /// The bytes of the field that `next` called `bytes`.
    var slice: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    @inline(__always)
    mutating func next() -> Field {
        if place == end { return .end }
        guard let tag = tag(), tag >= 8 else { return .broken }
        number = tag >> 3
        switch tag & 7 {
        case 0: return varint(atMost: 10) ? .varint : .broken
        case 2: return length() ? .bytes : .broken
        case let wireType: return skip(wireType, depth: 1) ? .other : .broken
        }
    }

    /// A tag: at most five bytes, of which the low 32 bits count.
    @inline(__always)
    private mutating func tag() -> UInt32? {
        guard varint(atMost: 5) else { return nil }
        return UInt32(truncatingIfNeeded: value)
    }

    @inline(__always)
    private mutating func varint(atMost limit: Int) -> Bool {
        guard place < end else { return false }
        let first = place.load(as: UInt8.self)
        place += 1
        value = UInt64(first)
        return first < 0x80 || longVarint(atMost: limit)
    }

    /// The rest of a varint whose first byte has another behind it. Of a tenth byte only the lowest bit has a place.
    @inline(__always)
    private mutating func longVarint(atMost limit: Int) -> Bool {
        var bits = value & 0x7F
        var shift: UInt64 = 7
        let last = place + min(limit - 1, end - place)
        while place < last {
            let byte = place.load(as: UInt8.self)
            place += 1
            bits |= UInt64(byte & 0x7F) &<< shift
            if byte < 0x80 {
                value = bits
                return true
            }
            shift &+= 7
        }
        return false
    }

    /// A length of at most five bytes, and what it is the length of.
    @inline(__always)
    private mutating func length() -> Bool {
        guard varint(atMost: 5), value < Self.lengthLimit, Int(value) <= end - place else { return false }
        start = place
        count = Int(value)
        place += count
        return true
    }

    /// Passes over what is neither a varint nor bytes. `depth` is that of a group which begins here.
    @inline(never)
    private mutating func skip(_ wireType: UInt32, depth: Int) -> Bool {
        switch wireType {
        case 1: return pass(8)
        case 3: return depth <= Self.deepestGroup && skipGroup(number, depth: depth)
        case 5: return pass(4)
        // The end of a group that has not begun, and what is no wire type.
        default: return false
        }
    }

    private mutating func pass(_ count: Int) -> Bool {
        guard end - place >= count else { return false }
        place += count
        return true
    }

    /// Passes over a group that has begun, to the end that bears its number.
    private mutating func skipGroup(_ opened: UInt32, depth: Int) -> Bool {
        while true {
            guard let tag = tag(), tag >= 8 else { return false }
            switch tag & 7 {
            case 0: guard varint(atMost: 10) else { return false }
            case 2: guard length() else { return false }
            case 4: return tag >> 3 == opened
            case let wireType:
                number = tag >> 3
                guard skip(wireType, depth: depth + 1) else { return false }
            }
        }
    }
}
