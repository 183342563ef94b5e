/// Bytes on the heap at an address that does not move, freed with the last reference.
///
/// Shared by value: whoever writes first makes sure that it holds the only reference, so a storage with several
/// references is never written to. That is why it may cross threads.
@usableFromInline
final class ByteStorage: @unchecked Sendable {
    @usableFromInline let start: UnsafeMutableRawPointer
    @usableFromInline let capacity: Int

    @usableFromInline
    init(capacity: Int) {
        start = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    deinit { start.deallocate() }
}
