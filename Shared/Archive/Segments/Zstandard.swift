internal import CZstd

/// Compresses blocks, one thread at a time. Owns zstd's context, which goes with it.
final class BlockCompressor {
    private let context: OpaquePointer
    private let level: Int32

    /// - Parameter level: zstd's, 1 to 19; higher is smaller and slower.
    init(level: Int) {
        // Nil only without memory, where Swift would end the process as well.
        context = ZSTD_createCCtx()!
        self.level = Int32(clamping: level)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// How many bytes the result has at most.
    static func bound(_ count: Int) -> Int { ZSTD_compressBound(count) }

    /// - Returns: how many bytes were written to `target`.
    func compress(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) throws(ArchiveError)
        -> Int
    {
        let count = ZSTD_compressCCtx(
            context, target.baseAddress, target.count, source.baseAddress, source.count, level)
        guard ZSTD_isError(count) == 0 else {
            throw ArchiveError(.fileSystem, "zstd cannot compress: \(String(cString: ZSTD_getErrorName(count)))")
        }
        return count
    }
}

/// Decompresses blocks, one thread at a time. Owns zstd's context, which goes with it.
final class BlockDecompressor {
    private let context: OpaquePointer

    init() { context = ZSTD_createDCtx()! }

    deinit { ZSTD_freeDCtx(context) }

    /// - Throws: `damaged` unless the result fills `target` exactly.
    func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(ArchiveError) {
        let count = ZSTD_decompressDCtx(context, target.baseAddress, target.count, source.baseAddress, source.count)
        guard ZSTD_isError(count) == 0 else {
            throw ArchiveError(
                .damaged, "a block cannot be decompressed: \(String(cString: ZSTD_getErrorName(count)))")
        }
        guard count == target.count else {
            throw ArchiveError(.damaged, "a block has \(count) bytes, and its header says \(target.count)")
        }
    }
}
