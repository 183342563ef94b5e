/// Values cut from a fuzzer's bytes from the front. Beyond the end everything is 0 or empty, so any bytes are a
/// whole scenario.
struct FuzzInput {
    private var rest: UnsafeRawBufferPointer.SubSequence

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// Bytes with their count, at most 255, before them.
    mutating func run() -> [UInt8] { bytes(Int(byte())) }

    /// All that is left.
    mutating func remainder() -> [UInt8] { bytes(rest.count) }

    /// Text with its count before it; what is not UTF-8 is repaired.
    mutating func text() -> String { String(decoding: run(), as: UTF8.self) }

    mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type = T.self) -> T {
        bytes(T.bitWidth / 8).reduce(0) { $0 << 8 | T($1) }
    }

    mutating func int16() -> Int64 { Int64(Int16(bitPattern: integer())) }
    mutating func int64() -> Int64 { Int64(bitPattern: integer()) }
    mutating func int128() -> Int128 { Int128(bitPattern: integer()) }

    mutating func choice<T>(_ values: [T]) -> T { values[Int(byte()) % values.count] }

    /// The bytes cut into texts at each line end.
    static func lines(_ bytes: UnsafeRawBufferPointer) -> [String] {
        bytes.split(separator: 10, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }
}
