/// Buffers for a block of records, allocated once a worker.
public final class BlockScratch<Event: BitwiseCopyable> {
    /// Records in a block: enough for the processor to fetch their cache lines side by side, few enough that the
    /// decoded events stay in the first-level cache.
    @inlinable public static var size: Int { 128 }
    @usableFromInline let events: UnsafeMutablePointer<Event>
    @usableFromInline let faults: UnsafeMutablePointer<Fault>
    @usableFromInline let hashes: UnsafeMutablePointer<UInt64>
    /// What `touch` read, kept so that the reads are not optimised away.
    @usableFromInline let touched: UnsafeMutablePointer<UInt32>

    public init(blank: Event) {
        events = .allocate(capacity: Self.size)
        events.initialize(repeating: blank, count: Self.size)
        faults = .allocate(capacity: Self.size)
        faults.initialize(repeating: .none, count: Self.size)
        hashes = .allocate(capacity: Self.size)
        hashes.initialize(repeating: 0, count: Self.size)
        touched = .allocate(capacity: 1)
        touched.initialize(to: 0)
    }

    deinit {
        events.deallocate()
        faults.deallocate()
        hashes.deallocate()
        touched.deallocate()
    }
}
