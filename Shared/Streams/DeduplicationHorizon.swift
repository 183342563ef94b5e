/// The 16 bytes of an event's id, as two words in memory order.
@frozen
public struct EventID: Hashable, Sendable, BitwiseCopyable {
    public let high: UInt64
    public let low: UInt64
    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A mix of both words that spreads ids over a table: one 64 by 64 bit multiplication, folded.
    /// Ids come from producers of the same platform; the keys keep counters and time-ordered ids (UUIDv7) apart.
    @inlinable public var mixed: UInt64 {
        let product = (high ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: low ^ 0xD1B5_4A32_D192_ED03)
        let folded = product.high ^ product.low
        return (folded ^ (folded >> 29)) &* 0xBF58_476D_1CE4_E5B9
    }
}

/// The ids of a partition that can still make a later record a duplicate, with the log's own time S at which each
/// was last seen. Exact: a record n is a duplicate when its id was seen at m < n and S(n) - S(m) <= horizon.
/// Every sighting refreshes the id, also one that was itself a duplicate.
///
/// One flat table of 20-byte slots (16 of id, 4 of time relative to a base), probed linearly, filled to two thirds.
/// A slot's place grows with its hash, so rebuilding and growing walk memory in order. Ids that have left the
/// horizon stay as reusable slots until a sweep, which follows the progress of S in whole runs of occupied slots,
/// takes them out. Measured per sighting beside the other candidates in Shared/Documentation/records.
public struct DeduplicationHorizon: ~Copyable {
    /// How long an id is remembered, in milliseconds of S.
    public let horizonMilliseconds: Int64
    /// Slots that hold an id, those that have left the horizon but were not swept yet included.
    public var count: Int { occupied }

    @usableFromInline var occupied = 0
    @usableFromInline var capacity: Int
    @usableFromInline var slots: UnsafeMutableRawPointer
    @usableFromInline var base: Int64 = .min
    @usableFromInline var limit: Int
    private var sweepCursor = 0
    private var sweepSince: Int64 = .min

    private static var stride: Int { 20 }
    private static var minimumCapacity: Int { 1024 }
    /// Relative times are kept below this; the table is rebuilt on a new base before it is reached.
    @usableFromInline static var maximumRelative: Int64 { Int64(UInt32.max) - 1 }

    /// The longest horizon that fits the slots' relative time with room for the sweep: 14 days.
    public static var maximumHorizonMilliseconds: Int64 { 14 * 86_400_000 }

    public init(horizonMilliseconds: Int64) {
        precondition((0...Self.maximumHorizonMilliseconds).contains(horizonMilliseconds), "horizon out of range")
        self.horizonMilliseconds = horizonMilliseconds
        capacity = Self.minimumCapacity
        limit = capacity * 2 / 3
        slots = Self.zeroed(capacity)
    }

    deinit { slots.deallocate() }

    /// Bytes that the table occupies.
    public var byteCount: Int { capacity * Self.stride }

    private static func zeroed(_ capacity: Int) -> UnsafeMutableRawPointer {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity * stride, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: capacity * stride)
        return memory
    }

    /// Where the search for a hash begins.
    @inlinable
    func home(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(truncatingIfNeeded: capacity)).high)
    }

    /// Reads the slot where the search for `hash` will begin, and returns what it read. Called for a block of
    /// records before they are judged, so that the processor fetches their cache lines side by side.
    @inlinable public func touch(_ hash: UInt64) -> UInt32 {
        slots.loadUnaligned(fromByteOffset: home(hash) &* 20 &+ 16, as: UInt32.self)
    }

    /// Records that `id` is seen at stream time `now` and says whether it was seen within the horizon before.
    ///
    /// - Parameters:
    ///   - hash: `id.mixed`.
    ///   - now: S of the record, never smaller than in an earlier call.
    @inlinable
    public mutating func isDuplicate(_ id: EventID, hash: UInt64, at now: Int64) -> Bool {
        if occupied >= limit || now &- base >= Self.maximumRelative || base == .min { makeRoom(at: now) }
        let time = UInt32(truncatingIfNeeded: now &- base &+ 1)
        let span = UInt32(truncatingIfNeeded: horizonMilliseconds)
        // Times below this have left the horizon; 0 marks an empty slot.
        let oldest = time > span ? time - span : 1
        var index = home(hash)
        var reusable = -1
        while true {
            let slot = slots + index &* 20
            let seen = slot.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
            if seen == 0 {
                if reusable < 0 {
                    occupied &+= 1
                    reusable = index
                }
                let target = slots + reusable &* 20
                target.storeBytes(of: id.high, as: UInt64.self)
                target.storeBytes(of: id.low, toByteOffset: 8, as: UInt64.self)
                target.storeBytes(of: time, toByteOffset: 16, as: UInt32.self)
                return false
            }
            if slot.loadUnaligned(as: UInt64.self) == id.high
                && slot.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == id.low
            {
                slot.storeBytes(of: time, toByteOffset: 16, as: UInt32.self)
                return seen >= oldest
            }
            if seen < oldest && reusable < 0 { reusable = index }
            index &+= 1
            if index == capacity { index = 0 }
        }
    }

    /// Sweeps as much of the table as the progress of S asks for: once around in a quarter of the horizon.
    /// Called once a block of records.
    public mutating func maintain(at now: Int64) {
        guard occupied > 0 else {
            sweepSince = now
            return
        }
        // Stream time may have moved on without a sighting: a warm-up with holes ends at the stored time.
        if now &- base >= Self.maximumRelative { makeRoom(at: now) }
        if sweepSince == .min { sweepSince = now }
        let period = max(1, horizonMilliseconds / 4)
        let elapsed = now - sweepSince
        if elapsed >= period {
            sweep(upTo: capacity, at: now)
            sweepCursor = 0
            sweepSince = now
            if capacity > Self.minimumCapacity * 4 && occupied < capacity / 6 {
                rebuild(capacity: max(Self.minimumCapacity, occupied * 2), at: now)
            }
        } else if elapsed > 0 {
            let due = Int(Double(capacity) * Double(elapsed) / Double(period))
            if due > sweepCursor + 64 { sweep(upTo: min(due, capacity), at: now) }
        }
    }

    private func oldestRelative(at now: Int64) -> UInt32 {
        let relative = now - base + 1
        return relative > horizonMilliseconds ? UInt32(relative - horizonMilliseconds) : 1
    }

    /// Takes out what has left the horizon, run by run. A run of occupied slots between two empty ones holds all
    /// the ids whose search begins in it, so it can be put back together without looking at the rest.
    private mutating func sweep(upTo end: Int, at now: Int64) {
        let oldest = oldestRelative(at: now)
        var index = sweepCursor
        // Ids may have filled the gap at the cursor since the last call: begin where the run begins.
        while index > 0 && time(at: index - 1) != 0 { index -= 1 }
        if index == 0 && time(at: capacity - 1) != 0 {
            // The run that crosses the end is left to the rebuilds; skip what it holds at the front.
            while index < capacity && time(at: index) != 0 { index += 1 }
        }
        let times = UnsafeRawPointer(slots) + 16
        let last = capacity
        while index < end {
            // What stands before the first id that has left the horizon does not rest on it and stays in place.
            var firstExpired = -1
            while index < last {
                let seen = times.loadUnaligned(fromByteOffset: index &* 20, as: UInt32.self)
                if seen == 0 { break }
                if seen < oldest && firstExpired < 0 { firstExpired = index }
                index &+= 1
            }
            if firstExpired >= 0 && index < last { repack(firstExpired..<index, keeping: oldest) }
            index &+= 1
        }
        sweepCursor = min(index, capacity)
    }

    private func time(at index: Int) -> UInt32 {
        slots.loadUnaligned(fromByteOffset: index &* 20 &+ 16, as: UInt32.self)
    }

    private func id(at index: Int) -> EventID {
        let slot = slots + index &* 20
        return EventID(
            high: slot.loadUnaligned(as: UInt64.self), low: slot.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    private func clear(_ index: Int) {
        slots.storeBytes(of: 0, toByteOffset: index &* 20 &+ 16, as: UInt32.self)
    }

    private func store(_ id: EventID, time: UInt32, near start: Int) {
        var index = start
        while self.time(at: index) != 0 {
            index += 1
            if index == capacity { index = 0 }
        }
        let slot = slots + index &* 20
        slot.storeBytes(of: id.high, as: UInt64.self)
        slot.storeBytes(of: id.low, toByteOffset: 8, as: UInt64.self)
        slot.storeBytes(of: time, toByteOffset: 16, as: UInt32.self)
    }

    private mutating func repack(_ run: Range<Int>, keeping oldest: UInt32) {
        for index in run {
            let seen = time(at: index)
            clear(index)
            if seen < oldest {
                occupied -= 1
            } else {
                let kept = id(at: index)
                store(kept, time: seen, near: home(kept.mixed))
            }
        }
    }

    /// Called when the table is full, or its relative times run out, or nothing was remembered yet.
    @usableFromInline
    mutating func makeRoom(at now: Int64) {
        guard base != .min else {
            base = now
            sweepSince = now
            return
        }
        // A jump beyond every remembered time empties the table: nothing in it can be a duplicate's original.
        if now - base >= Self.maximumRelative && oldestIsBeyondHorizon(at: now) {
            clearAll(newBase: now)
            return
        }
        let live = countLive(at: now)
        let wanted = live >= capacity / 2 ? capacity + capacity * 2 / 5 : capacity
        rebuild(capacity: wanted, at: now)
    }

    private func oldestIsBeyondHorizon(at now: Int64) -> Bool {
        // Every stored time is at most base + maximumRelative.
        now - horizonMilliseconds > base + Self.maximumRelative
    }

    private mutating func clearAll(newBase: Int64) {
        slots.initializeMemory(as: UInt8.self, repeating: 0, count: capacity * Self.stride)
        occupied = 0
        base = newBase
        sweepCursor = 0
        sweepSince = newBase
    }

    private func countLive(at now: Int64) -> Int {
        var live = 0
        for index in 0..<capacity where isLive(time(at: index), at: now) { live += 1 }
        return live
    }

    private func isLive(_ relative: UInt32, at now: Int64) -> Bool {
        relative != 0 && now - (base + Int64(relative) - 1) <= horizonMilliseconds
    }

    /// Moves what is within the horizon to a table of `newCapacity` slots, times relative to a new base.
    private mutating func rebuild(capacity newCapacity: Int, at now: Int64) {
        let old = slots
        let oldCapacity = capacity
        let oldBase = base
        // Nothing that is kept is older than this.
        let newBase = max(oldBase, now - horizonMilliseconds)
        slots = Self.zeroed(newCapacity)
        capacity = newCapacity
        limit = newCapacity * 2 / 3
        base = newBase
        occupied = 0
        for index in 0..<oldCapacity {
            let slot = old + index &* 20
            let relative = slot.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
            guard relative != 0 else { continue }
            let seen = oldBase + Int64(relative) - 1
            guard now - seen <= horizonMilliseconds else { continue }
            let id = EventID(
                high: slot.loadUnaligned(as: UInt64.self), low: slot.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            store(id, time: UInt32(seen - newBase + 1), near: home(id.mixed))
            occupied += 1
        }
        old.deallocate()
        sweepCursor = 0
        sweepSince = now
    }
}
