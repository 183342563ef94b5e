/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), eight bytes at a time through tables.
///
/// It notices damage, not forgery: whoever may write to the folder can write a segment that holds.
struct Checksum {
    private var state: UInt32 = .max

    init() {}

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = Checksum()
        checksum.update(bytes)
        return checksum.value
    }

    var value: UInt32 { ~state }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard var at = bytes.baseAddress else { return }
        let tables = Self.tables
        var left = bytes.count
        var state = state
        while left >= 8 {
            let word = at.loadUnaligned(as: UInt64.self).littleEndian ^ UInt64(state)
            // The byte that came first is the farthest from the end of the eight.
            var next = tables[7 * 256 + Int(word & 0xFF)] ^ tables[6 * 256 + Int(word >> 8 & 0xFF)]
            next ^= tables[5 * 256 + Int(word >> 16 & 0xFF)] ^ tables[4 * 256 + Int(word >> 24 & 0xFF)]
            next ^= tables[3 * 256 + Int(word >> 32 & 0xFF)] ^ tables[2 * 256 + Int(word >> 40 & 0xFF)]
            next ^= tables[256 + Int(word >> 48 & 0xFF)] ^ tables[Int(word >> 56)]
            state = next
            at += 8
            left -= 8
        }
        while left > 0 {
            state = state >> 8 ^ tables[Int((state ^ UInt32(at.load(as: UInt8.self))) & 0xFF)]
            at += 1
            left -= 1
        }
        self.state = state
    }

    /// Adds four bytes, least significant first.
    mutating func update(_ word: UInt32) {
        withUnsafeBytes(of: word.littleEndian) { update($0) }
    }

    /// Eight tables of 256: the remainder of a byte that has 0 to 7 bytes behind it. Made once, never freed.
    private nonisolated(unsafe) static let tables: UnsafePointer<UInt32> = {
        let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 * 256)
        for byte in 0..<256 {
            var remainder = UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1 }
            tables[byte] = remainder
        }
        for table in 1..<8 {
            for byte in 0..<256 {
                let before = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = before >> 8 ^ tables[Int(before & 0xFF)]
            }
        }
        return UnsafePointer(tables)
    }()
}
