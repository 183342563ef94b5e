/// What reading a segment needs besides the segment: zstd's context, and the bytes of one block before and after it. Kept
/// from one segment to the next, so that reading an archive allocates nothing once the largest block was seen.
public final class SegmentBuffers {
    let decompressor = BlockDecompressor()
    var compressed = GrowingBuffer(capacity: 64 << 10)
    var raw = GrowingBuffer(capacity: 256 << 10)

    public init() {}
}
