/// What identifies the last applied record of a partition, so that a later reader can tell whether the log under
/// its offsets is still the same log (a truncation or a recreated topic keeps the numbers, not the records).
public struct Anchor: Equatable, Sendable {
    /// The offset of the record itself.
    public var offset: Offset
    /// The record's timestamp in milliseconds, -1 where it has none.
    public var timestampMilliseconds: Int64
    /// FNV-1a (64 bit) over the key and the payload, see `hash(of:)`.
    public var hash: UInt64

    public init(offset: Offset, timestampMilliseconds: Int64, hash: UInt64) {
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
        self.hash = hash
    }

    public init(of record: Record) {
        self.init(
            offset: record.offset, timestampMilliseconds: record.timestampMilliseconds, hash: Self.hash(of: record))
    }

    /// FNV-1a, 64 bit, over: presence of the key, its bytes, presence of the payload, its bytes, each with its
    /// length before it. Stored in the database: changing it is a migration.
    /// Source: Fowler, Noll, Vo; draft-eastlake-fnv.
    public static func hash(of record: Record) -> UInt64 {
        mix(mix(0xcbf2_9ce4_8422_2325, record.key), record.value)
    }

    private static func mix(_ state: UInt64, _ part: UnsafeRawBufferPointer?) -> UInt64 {
        guard let part else { return mix(state, byte: 0) }
        var state = mix(state, byte: 1)
        var length = UInt64(part.count)
        for _ in 0..<8 {
            state = mix(state, byte: UInt8(truncatingIfNeeded: length))
            length >>= 8
        }
        for byte in part { state = mix(state, byte: byte) }
        return state
    }

    private static func mix(_ state: UInt64, byte: UInt8) -> UInt64 { (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
}
