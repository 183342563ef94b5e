/// The numbers of the format; Services/Archiver/README.md describes it byte by byte. All integers are little-endian.
enum SegmentFormat {
    static let version: UInt32 = 1
    static let magic: UInt64 = 0x4745_5345_4355_4C53  // "SLUCESEG"
    static let endMagic: UInt64 = 0x444E_4545_4355_4C53  // "SLUCEEND"
    static let blockMagic: UInt32 = 0x4B4C_4253  // "SBLK"

    static let headerFixedBytes = 66
    static let checksumBytes = 4
    static let blockHeaderBytes = 40
    static let footerBytes = 36
    /// The largest name of a topic is 249 bytes.
    static let headerMaximumBytes = headerFixedBytes + 249 + checksumBytes

    /// The most bytes that a block may have, before and after compression. A record that is larger than a usual block has
    /// a block of its own, so this is also the limit of a record.
    static let blockMaximumBytes = 128 << 20
    /// The fewest bytes that a record takes: distance, time, key, payload and number of headers, one byte each.
    static let recordMinimumBytes = 5
    /// What a record takes at most beside its key, payload and headers' bytes; of a header, two lengths.
    static let recordOverheadBytes = 50
    static let headerOverheadBytes = 20
}
