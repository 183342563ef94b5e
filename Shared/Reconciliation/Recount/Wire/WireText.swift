/// Fields of bytes, as numbers.
enum WireText {
    /// The two halves of an id of 16 bytes, the first byte the highest; 0 for any other length.
    @inline(__always)
    static func id(_ bytes: UnsafeRawBufferPointer) -> (high: UInt64, low: UInt64) {
        guard bytes.count == 16 else { return (0, 0) }
        return (
            UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        )
    }

    /// Exactly `count` of A to Z, as bytes of a number, the first the highest; 0 for anything else.
    @inline(__always)
    static func capitals(_ bytes: UnsafeRawBufferPointer, count: Int) -> UInt32 {
        guard bytes.count == count else { return 0 }
        var value: UInt32 = 0
        for byte in bytes {
            guard byte >= 0x41, byte <= 0x5A else { return 0 }
            value = value << 8 | UInt32(byte)
        }
        return value
    }
}
