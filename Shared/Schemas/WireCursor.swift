/// A place in the bytes of a protobuf message, and the reading of one element at that place.
///
/// Every function answers false or nil where the bytes end too early or break the format; the place is then
/// unspecified. Nothing is read beyond the end.
@frozen
@usableFromInline
struct WireCursor {
    /// How deep unknown groups may nest: what Google's C++ parser allows by default.
    @usableFromInline static let groupLimit = 100

    @usableFromInline var place: UnsafeRawPointer
    @usableFromInline let end: UnsafeRawPointer

    @inlinable
    @inline(__always)
    init(_ start: UnsafeRawPointer, count: Int) {
        place = start
        end = start + count
    }

    @inlinable
    @inline(__always)
    var hasMore: Bool { place < end }

    @inlinable
    @inline(__always)
    var remaining: Int { end - place }

    // MARK: Elements

    /// The next tag: a field number and a wire type. The caller has checked that there is a byte.
    @inlinable
    @inline(__always)
    mutating func tag() -> UInt32? {
        let first = place.load(as: UInt8.self)
        guard first >= 0x80 else {
            place += 1
            return UInt32(first)
        }
        let (tag, next) = Self.longTag(place, end)
        guard let next else { return nil }
        place = next
        return tag
    }

    @inlinable
    @inline(__always)
    mutating func int64(_ value: inout Int64) -> Bool {
        guard let raw = varint() else { return false }
        value = Int64(bitPattern: raw)
        return true
    }

    @inlinable
    @inline(__always)
    mutating func int32(_ value: inout Int32) -> Bool {
        guard let raw = varint() else { return false }
        value = Int32(truncatingIfNeeded: raw)
        return true
    }

    @inlinable
    @inline(__always)
    mutating func fixed64(_ value: inout UInt64) -> Bool {
        guard remaining >= 8 else { return false }
        value = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
        place += 8
        return true
    }

    /// The bytes of a string, bytes or embedded message.
    @inlinable
    @inline(__always)
    mutating func lengthDelimited() -> UnsafeRawBufferPointer? {
        guard hasMore else { return nil }
        var length = Int(place.load(as: UInt8.self))
        if length < 0x80 {
            place += 1
        } else {
            let (long, next) = Self.longLength(place, end)
            guard let next else { return nil }
            length = long
            place = next
        }
        guard length <= remaining else { return nil }
        let bytes = UnsafeRawBufferPointer(start: place, count: length)
        place += length
        return bytes
    }

    /// A varint of up to 10 bytes: the low 64 bits of what it spells.
    @inlinable
    @inline(__always)
    mutating func varint() -> UInt64? {
        guard remaining >= 10 else { return varintNearTheEnd() }
        let word = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
        if word & 0x80 == 0 {
            place += 1
            return word & 0x7F
        }
        // The first byte whose top bit is clear is the last one.
        let stops = ~word & 0x8080_8080_8080_8080
        if stops != 0 {
            place += (stops.trailingZeroBitCount &+ 1) &>> 3
            return Self.gather(word & (stops ^ (stops &- 1)))
        }
        // Nine bytes, as ids of 57 to 63 bits have them, or ten, as negative numbers have them.
        let value = Self.gather(word)
        let ninth = UInt64(place.load(fromByteOffset: 8, as: UInt8.self))
        if ninth < 0x80 {
            place += 9
            return value | ninth &<< 56
        }
        let tenth = UInt64(place.load(fromByteOffset: 9, as: UInt8.self))
        guard tenth < 0x80 else { return nil }
        place += 10
        // Of the tenth byte only the lowest bit still fits; the rest is dropped, as Google's C++ parser does.
        return value | (ninth & 0x7F) &<< 56 | tenth &<< 63
    }

    /// The low seven bits of each byte, put together: bytes to pairs, pairs to fours, fours to eight.
    @inlinable
    @inline(__always)
    static func gather(_ word: UInt64) -> UInt64 {
        var bits = (word & 0x7F00_7F00_7F00_7F00) &>> 1 | (word & 0x007F_007F_007F_007F)
        bits = (bits & 0x3FFF_0000_3FFF_0000) &>> 2 | (bits & 0x0000_3FFF_0000_3FFF)
        return (bits & 0x0FFF_FFFF_0000_0000) &>> 4 | (bits & 0x0000_0000_0FFF_FFFF)
    }

    /// A varint so near the end that ten bytes cannot be loaded.
    @inlinable
    @inline(__always)
    mutating func varintNearTheEnd() -> UInt64? {
        guard hasMore else { return nil }
        let first = place.load(as: UInt8.self)
        guard first >= 0x80 else {
            place += 1
            return UInt64(first)
        }
        let (value, next) = Self.longVarint(place, end)
        guard let next else { return nil }
        place = next
        return value
    }

    // MARK: Byte by byte
    //
    // These take the place by value and answer with the place behind what they read, or nil for an error: were the
    // cursor itself passed on, it would have to live in memory instead of registers.

    @usableFromInline
    @inline(never)
    static func longVarint(
        _ start: UnsafeRawPointer, _ end: UnsafeRawPointer
    ) -> (value: UInt64, next: UnsafeRawPointer?) {
        var value: UInt64 = 0
        var place = start
        for index in 0..<UInt64(10) {
            guard place < end else { break }
            let byte = place.load(as: UInt8.self)
            place += 1
            value |= UInt64(byte & 0x7F) &<< (7 &* index)
            if byte < 0x80 { return (value, place) }
        }
        return (0, nil)
    }

    /// A tag of more than one byte. It may have five, spelled longer than need be or not; bits beyond the
    /// thirty-second are dropped, as Google's C++ parser does.
    @usableFromInline
    @inline(never)
    static func longTag(
        _ start: UnsafeRawPointer, _ end: UnsafeRawPointer
    ) -> (tag: UInt32, next: UnsafeRawPointer?) {
        let (value, next) = longVarint(start, min(end, start + 5))
        return (UInt32(truncatingIfNeeded: value), next)
    }

    /// A length of more than one byte: at most five, and below 2^31 - 16, the limit of Google's C++ parser.
    @usableFromInline
    @inline(never)
    static func longLength(
        _ start: UnsafeRawPointer, _ end: UnsafeRawPointer
    ) -> (length: Int, next: UnsafeRawPointer?) {
        let (value, next) = longVarint(start, min(end, start + 5))
        return value < 0x7FFF_FFF0 ? (Int(value), next) : (0, nil)
    }

    // MARK: Skipping

    /// Skips the field whose tag has just been read.
    @inlinable
    @inline(__always)
    mutating func skip(_ tag: UInt32) -> Bool {
        guard let next = Self.skip(tag, place, end) else { return false }
        place = next
        return true
    }

    /// The place behind the field whose tag stands before this place; nil for an error.
    @usableFromInline
    @inline(never)
    static func skip(_ tag: UInt32, _ place: UnsafeRawPointer, _ end: UnsafeRawPointer) -> UnsafeRawPointer? {
        var cursor = WireCursor(place, count: end - place)
        let skipped =
            switch (tag >> 3, tag & 7) {
            case (0, _): false
            case (let number, 3): cursor.skipGroup(number)
            // An end of a group that never began.
            case (_, 4): false
            case (_, let wireType): cursor.skipScalar(wireType: wireType)
            }
        return skipped ? cursor.place : nil
    }

    /// Skips what is not a group.
    mutating func skipScalar(wireType: UInt32) -> Bool {
        switch wireType {
        case 0: return varint() != nil
        case 1: return advance(8)
        case 2: return lengthDelimited() != nil
        case 5: return advance(4)
        default: return false
        }
    }

    /// Skips to the end of the group that has just begun, the groups inside it included, without recursion: the
    /// bytes decide how deep it goes, the stack must not follow them.
    mutating func skipGroup(_ number: UInt32) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.groupLimit) { open in
            open[0] = number
            var depth = 1
            while depth > 0 {
                guard hasMore, let tag = tag(), tag >> 3 != 0 else { return false }
                switch tag & 7 {
                case 3:
                    guard depth < Self.groupLimit else { return false }
                    open[depth] = tag >> 3
                    depth += 1
                case 4:
                    depth -= 1
                    guard open[depth] == tag >> 3 else { return false }
                default:
                    guard skipScalar(wireType: tag & 7) else { return false }
                }
            }
            return true
        }
    }

    mutating func advance(_ count: Int) -> Bool {
        guard remaining >= count else { return false }
        place += count
        return true
    }
}
