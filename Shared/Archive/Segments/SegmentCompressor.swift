/// Compresses blocks into a buffer that it keeps. One for all the writers of a thread: they finish their blocks one after
/// the other.
public final class SegmentCompressor {
    private let compressor: BlockCompressor
    private var buffer = GrowingBuffer(capacity: 64 << 10)

    /// Three is zstd's own default: it halves what events take at some 200 MB a second.
    public static let defaultLevel = 3

    /// - Parameter level: zstd's, 1 to 19; higher is smaller and slower.
    public init(level: Int = SegmentCompressor.defaultLevel) { compressor = BlockCompressor(level: level) }

    /// What was compressed last, behind the room that was left; valid until the next.
    var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: buffer.start, count: buffer.capacity)
    }

    /// - Parameter room: how many bytes are left free before the result.
    /// - Returns: how many bytes the result has.
    func compress(_ source: UnsafeRawBufferPointer, leaving room: Int) throws(ArchiveError) -> Int {
        buffer.reserve(room + BlockCompressor.bound(source.count))
        return try compressor.compress(source, into: UnsafeMutableRawBufferPointer(rebasing: bytes[room...]))
    }
}
