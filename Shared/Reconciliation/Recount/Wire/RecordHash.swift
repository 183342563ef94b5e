import Streams

/// A hash of records in their order, 64 bits, not cryptographic: two logs with the same hash hold the same records unless
/// somebody set out to make it so. It depends on the records alone, not on how they were read.
enum RecordHash {
    private static let first: UInt64 = 0xD6E8_FEB8_6659_FD93
    private static let second: UInt64 = 0xA5A3_564E_27F8_8365
    private static let third: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let order: UInt64 = 0x9FB2_1C65_1E98_DF25

    /// The hash of what `hash` stands for and one more record.
    @inline(__always)
    static func adding(_ record: Record, to hash: UInt64) -> UInt64 {
        var mixed = fold(
            UInt64(bitPattern: record.offset.rawValue) ^ first,
            UInt64(bitPattern: record.timestampMilliseconds) ^ second)
        mixed = bytes(record.key, mixed)
        mixed = bytes(record.value, mixed)
        // A multiplication by an odd number loses nothing and keeps the order in.
        return (hash ^ mixed) &* order &+ 1
    }

    /// Null, no bytes, and bytes of 0 differ by their counts.
    @inline(__always)
    private static func bytes(_ bytes: UnsafeRawBufferPointer?, _ seed: UInt64) -> UInt64 {
        guard let bytes else { return fold(seed ^ third, second) }
        var hash = fold(seed ^ (UInt64(bytes.count) &+ 1), first)
        var rest = bytes.count
        guard var place = bytes.baseAddress, rest > 0 else { return hash }
        while rest > 16 {
            hash = fold(word(place) ^ hash, word(place + 8) ^ third)
            place += 16
            rest -= 16
        }
        if rest >= 8 { return fold(word(place) ^ hash, word(place + (rest - 8)) ^ second) }
        var tail: UInt64 = 0
        for index in 0..<rest {
            tail |= UInt64(place.load(fromByteOffset: index, as: UInt8.self)) &<< UInt64(8 * index)
        }
        return fold(tail ^ hash, third)
    }

    @inline(__always)
    private static func word(_ place: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
