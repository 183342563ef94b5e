/// A key that a group table can hold: plain bytes, compared whole, with a hash of its own.
public protocol GroupKey: BitwiseCopyable, Equatable, Sendable {
    /// A hash whose high and low bits are both well spread.
    var groupHash: UInt64 { get }
}

/// Aggregates by key between two checkpoints: a dense array of (key, aggregate) in order of first sight, and an
/// index of 32-bit places with linear probing, filled to a half. The array is what the sink reads and sorts;
/// the index is small enough to stay in the cache and cheap to clear. Growing is the only allocation.
public struct GroupTable<Key: GroupKey, Aggregate: BitwiseCopyable>: ~Copyable {
    /// One key and what was aggregated for it.
    @frozen
    public struct Entry {
        public var key: Key
        public var aggregate: Aggregate
        @usableFromInline init(key: Key, aggregate: Aggregate) {
            self.key = key
            self.aggregate = aggregate
        }
    }

    @usableFromInline var entries: UnsafeMutablePointer<Entry>
    @usableFromInline var entryCapacity: Int
    @usableFromInline var used = 0
    @usableFromInline var index: UnsafeMutablePointer<UInt32>
    @usableFromInline var mask: Int
    @usableFromInline let zero: Aggregate

    /// - Parameter zero: the aggregate of a key before its first record.
    public init(zero: Aggregate, minimumCapacity: Int = 256) {
        var capacity = 16
        while capacity < minimumCapacity { capacity *= 2 }
        self.zero = zero
        entryCapacity = capacity
        entries = .allocate(capacity: capacity)
        mask = capacity * 2 - 1
        index = .allocate(capacity: capacity * 2)
        index.initialize(repeating: 0, count: capacity * 2)
    }

    deinit {
        entries.deallocate()
        index.deallocate()
    }

    /// Keys in the table.
    @inlinable public var count: Int { used }

    /// Bytes that the table occupies.
    public var byteCount: Int { entryCapacity * MemoryLayout<Entry>.stride + (mask + 1) * 4 }

    /// The entries in order of first sight; valid until the next change.
    @inlinable public var all: UnsafeMutableBufferPointer<Entry> { .init(start: entries, count: used) }

    /// Fetches the place of a key's hash into the cache, so that a block of keys waits for memory once and not once a key.
    /// The answer means nothing; add it up and store it, or the read is optimised away.
    @inlinable
    public func touchIndex(_ hash: UInt64) -> UInt32 { index[Int(truncatingIfNeeded: hash) & mask] }

    /// The same for the entry that the place names. Only after `touchIndex` of the whole block.
    @inlinable
    public func touchEntry(_ hash: UInt64) -> UInt32 {
        let number = index[Int(truncatingIfNeeded: hash) & mask]
        guard number != 0 else { return 0 }
        return UInt32(UnsafeRawPointer(entries + Int(number &- 1)).load(as: UInt8.self))
    }

    /// The aggregate of `key`, made from zero at first sight. The pointer is valid until the next call.
    @inlinable
    public mutating func aggregate(for key: Key) -> UnsafeMutablePointer<Aggregate> {
        var place = Int(truncatingIfNeeded: key.groupHash) & mask
        while true {
            let number = index[place]
            if number == 0 { break }
            let entry = entries + Int(number &- 1)
            if entry.pointee.key == key {
                return UnsafeMutableRawPointer(entry)
                    .advanced(by: MemoryLayout<Entry>.offset(of: \.aggregate)!)
                    .assumingMemoryBound(to: Aggregate.self)
            }
            place = (place &+ 1) & mask
        }
        return insert(key, at: place)
    }

    @usableFromInline
    mutating func insert(_ key: Key, at place: Int) -> UnsafeMutablePointer<Aggregate> {
        var place = place
        if used == entryCapacity {
            grow()
            place = Int(truncatingIfNeeded: key.groupHash) & mask
            while index[place] != 0 { place = (place &+ 1) & mask }
        }
        let entry = entries + used
        entry.initialize(to: Entry(key: key, aggregate: zero))
        used += 1
        index[place] = UInt32(used)
        return UnsafeMutableRawPointer(entry)
            .advanced(by: MemoryLayout<Entry>.offset(of: \.aggregate)!)
            .assumingMemoryBound(to: Aggregate.self)
    }

    private mutating func grow() {
        let capacity = entryCapacity * 2
        precondition(capacity < Int(UInt32.max), "a group table holds at most 2^32 keys")
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
        larger.moveInitialize(from: entries, count: used)
        entries.deallocate()
        entries = larger
        entryCapacity = capacity
        index.deallocate()
        mask = capacity * 2 - 1
        index = .allocate(capacity: capacity * 2)
        index.initialize(repeating: 0, count: capacity * 2)
        for number in 0..<used {
            var place = Int(truncatingIfNeeded: entries[number].key.groupHash) & mask
            while index[place] != 0 { place = (place &+ 1) & mask }
            index[place] = UInt32(number + 1)
        }
    }

    /// Forgets every key; keeps the memory.
    public mutating func removeAll() {
        guard used > 0 else { return }
        used = 0
        index.update(repeating: 0, count: mask + 1)
    }
}
