import Glibc

/// Rows that are being summed, found by a hash of their key. They lie one behind another in the order in which they came; an
/// index of places, of which at most half are taken, leads to them.
final class RowTable {
    private(set) var rows: UnsafeMutablePointer<SpendRow>
    private(set) var count = 0
    private var capacity: Int
    /// The upper half of a key's hash, and the number of its row + 1 in the lower half; 0: empty.
    private var index: UnsafeMutablePointer<UInt64>
    private var mask: Int

    init() {
        capacity = 64
        rows = LargeMemory.allocate(capacity: capacity)
        mask = 2 * capacity - 1
        index = LargeMemory.allocate(capacity: mask + 1)
        memset(index, 0, (mask + 1) * 8)
        clearRows()
    }

    deinit {
        rows.deallocate()
        index.deallocate()
    }

    func removeAll() {
        count = 0
        memset(index, 0, (mask + 1) * 8)
    }

    /// The sums of a row, which begins with zeros where it is new.
    @inline(__always)
    func counts(of key: SpendRowKey) -> UnsafeMutablePointer<SpendCounts> { counts(of: key, Self.hash(key)) }

    /// As `counts(of:)`, with the key's hash.
    @inline(__always)
    func counts(of key: SpendRowKey, _ hash: UInt64) -> UnsafeMutablePointer<SpendCounts> {
        let tag = hash & 0xFFFF_FFFF_0000_0000
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = index[place]
            if entry == 0 { return append(key, hash, at: place) }
            if entry & 0xFFFF_FFFF_0000_0000 == tag {
                let row = rows + (Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1)
                if row.pointee.key == key { return Self.counts(in: row) }
            }
            place = (place &+ 1) & mask
        }
    }

    /// Reads what `counts(of:)` is going to need for many hashes, first the index and then the rows: none of these waits
    /// for another, so that their cache misses overlap. What comes back has no meaning; it keeps the reads from being left
    /// out.
    @inline(__always)
    func touch(_ hashes: UnsafePointer<UInt64>, _ entries: UnsafeMutablePointer<UInt64>, count: Int) -> Int64 {
        for number in 0..<count { entries[number] = index[Int(truncatingIfNeeded: hashes[number]) & mask] }
        var sum: Int64 = 0
        for number in 0..<count where entries[number] != 0 {
            let row = rows + (Int(truncatingIfNeeded: entries[number] & 0xFFFF_FFFF) - 1)
            sum &+= row.pointee.key.campaign &+ row.pointee.counts.impressions
        }
        return sum
    }

    @inline(never)
    private func append(_ key: SpendRowKey, _ hash: UInt64, at place: Int) -> UnsafeMutablePointer<SpendCounts> {
        if count == capacity {
            grow()
            return counts(of: key, hash)
        }
        rows[count] = SpendRow(key: key, counts: SpendCounts())
        count += 1
        index[place] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(count)
        return Self.counts(in: rows + (count - 1))
    }

    @inline(__always)
    private static func counts(in row: UnsafeMutablePointer<SpendRow>) -> UnsafeMutablePointer<SpendCounts> {
        UnsafeMutableRawPointer(row).advanced(by: MemoryLayout<SpendRow>.offset(of: \.counts)!)
            .assumingMemoryBound(to: SpendCounts.self)
    }

    private func grow() {
        let larger = LargeMemory.allocate(SpendRow.self, capacity: capacity * 2)
        larger.moveInitialize(from: rows, count: count)
        rows.deallocate()
        rows = larger
        capacity *= 2
        clearRows()
        index.deallocate()
        mask = 2 * capacity - 1
        index = LargeMemory.allocate(capacity: mask + 1)
        memset(index, 0, (mask + 1) * 8)
        for number in 0..<count {
            let hash = Self.hash(rows[number].key)
            var place = Int(truncatingIfNeeded: hash) & mask
            while index[place] != 0 { place = (place &+ 1) & mask }
            index[place] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(number + 1)
        }
    }

    /// What lies between the fields of a row goes to files too: it is not to be what was in memory before.
    private func clearRows() {
        memset(rows + count, 0, (capacity - count) * MemoryLayout<SpendRow>.stride)
    }

    /// The numbers of the rows, ascending by key.
    func order() -> [UInt32] {
        var order = (0..<UInt32(count)).map { $0 }
        order.sort { SpendRow.precedes(rows + Int($0), rows + Int($1)) }
        return order
    }

    @inline(__always)
    static func hash(_ key: SpendRowKey) -> UInt64 {
        var hash = fold(
            UInt64(bitPattern: key.campaign) ^ 0x9FB2_1C65_1E98_DF25,
            UInt64(bitPattern: key.start) ^ UInt64(key.level) &<< 56 ^ 0xD6E8_FEB8_6659_FD93)
        hash = fold(
            hash ^ UInt64(bitPattern: key.advertiser), UInt64(bitPattern: key.first) ^ 0xA5A3_564E_27F8_8365)
        return fold(
            hash ^ UInt64(key.currency) &<< 32 ^ UInt64(UInt32(bitPattern: key.partition)),
            UInt64(bitPattern: key.second) ^ 0xC2B2_AE3D_27D4_EB4F)
    }

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }
}
