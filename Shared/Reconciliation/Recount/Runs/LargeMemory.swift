import Glibc

/// Memory for arrays that are reached in no order: large pages where the system has them, so that its translation does not
/// cost a miss of its own, and aligned so that no element of 64 or 128 bytes lies in more lines of cache than need be.
enum LargeMemory {
    private static let pageSize = 2 << 20

    /// Uninitialised, to be freed with `deallocate()`.
    static func allocate<Element: BitwiseCopyable>(
        _ type: Element.Type = Element.self, capacity: Int
    ) -> UnsafeMutablePointer<Element> {
        let bytes = capacity * MemoryLayout<Element>.stride
        let isLarge = bytes >= 2 * pageSize
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: bytes, alignment: max(isLarge ? pageSize : 128, MemoryLayout<Element>.alignment))
        // Advice: without it things are slower and nothing else.
        if isLarge { madvise(memory, bytes / pageSize * pageSize, MADV_HUGEPAGE) }
        return memory.bindMemory(to: Element.self, capacity: capacity)
    }
}
