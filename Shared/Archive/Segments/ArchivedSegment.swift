public import Streams

/// A segment as its place in the folder says it: nothing of the file has been read.
public struct ArchivedSegment: Hashable, Sendable {
    public var topic: String
    public var partition: Partition
    /// The first offset that it covers: the one after the last of the segment before.
    public var first: Offset
    /// The last offset that it covers. The log may have had no record there.
    public var last: Offset
    public var path: String

    static let ending = ".segment"
    /// Offsets have at most 19 digits.
    private static let digits = 20

    static func fileName(first: Offset, last: Offset) -> String {
        padded(first) + "-" + padded(last) + ending
    }

    /// What a file's name says; nil where it is no segment's.
    static func range(ofFileName name: String) -> (first: Offset, last: Offset)? {
        let bytes = Array(name.utf8)
        guard bytes.count == 2 * digits + 1 + ending.utf8.count, bytes[digits] == UInt8(ascii: "-"),
            name.hasSuffix(ending), let first = number(bytes[..<digits]),
            let last = number(bytes[(digits + 1)..<(2 * digits + 1)]), first <= last, last < .max
        else { return nil }
        return (Offset(first), Offset(last))
    }

    private static func padded(_ offset: Offset) -> String {
        let text = String(offset.rawValue)
        return String(repeating: "0", count: digits - text.utf8.count) + text
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(String(decoding: bytes, as: UTF8.self))
    }
}
