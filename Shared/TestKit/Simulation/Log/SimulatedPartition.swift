import Streams

/// One partition's log: numbers of records with their offsets, as a reader of committed records sees them.
struct SimulatedPartition {
    struct Slot {
        var offset: Int64
        var number: Int
        /// How many changes the log had seen when a reader fetched it.
        var fetchedAt = 0
    }
    private struct OpenTransaction {
        var id: Int
        var first: Int64
        var numbers: [Int]
    }

    private(set) var start: Int64 = 0
    /// The offset of the next record, of whatever transaction.
    private(set) var end: Int64 = 0
    private(set) var slots: [Slot] = []
    private var open: [OpenTransaction] = []
    /// Goes up whenever another broker leads the partition.
    private(set) var leaderEpoch = 0
    /// Goes up when the topic is made again.
    private(set) var incarnation = 0

    /// Readers of committed records see nothing from here on: the first open transaction, or the end.
    var stableEnd: Int64 { open.first?.first ?? end }
    var bounds: LogBounds { LogBounds(start: Offset(start), end: Offset(stableEnd)) }

    /// The place of the first record at or after an offset.
    func place(of offset: Int64) -> Int {
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func number(at offset: Int64) -> Int? {
        let place = place(of: offset)
        return place < slots.count && slots[place].offset == offset ? slots[place].number : nil
    }

    /// Up to `limit` committed records from an offset on.
    func records(from offset: Int64, limit: Int) -> ArraySlice<Slot> {
        let first = place(of: offset)
        var last = limit < slots.count - first ? first + limit : slots.count
        while last > first && slots[last - 1].offset >= stableEnd { last -= 1 }
        return slots[first..<last]
    }

    /// Where readers stand once they have read everything: behind the last committed record.
    var lastReadable: Int64? {
        let behind = place(of: stableEnd)
        return behind > 0 ? slots[behind - 1].offset : nil
    }

    mutating func append(_ number: Int, transaction: Int?) {
        if let transaction {
            if let place = open.firstIndex(where: { $0.id == transaction }) {
                open[place].numbers.append(number)
            } else {
                open.append(OpenTransaction(id: transaction, first: end, numbers: [number]))
            }
        }
        slots.append(Slot(offset: end, number: number))
        end += 1
    }

    /// Returns the records that are aborted.
    mutating func endTransaction(_ transaction: Int, committing: Bool) -> [Int] {
        guard let place = open.firstIndex(where: { $0.id == transaction }) else { return [] }
        let ended = open.remove(at: place)
        // The marker has an offset of its own.
        end += 1
        guard !committing else { return [] }
        var aborted: [Int] = []
        for slot in slots.reversed() {
            if slot.offset < ended.first { break }
            if ended.numbers.contains(slot.number) { aborted.append(slot.number) }
        }
        slots.removeAll { $0.offset >= ended.first && aborted.contains($0.number) }
        return aborted
    }

    mutating func removeBefore(_ offset: Int64) -> [Int] {
        let to = min(max(offset, start), stableEnd)
        let place = place(of: to)
        let gone = slots[..<place].map(\.number)
        slots.removeFirst(place)
        start = to
        return gone
    }

    mutating func remove(at offset: Int64) -> Int? {
        let place = place(of: offset)
        guard place < slots.count, slots[place].offset == offset else { return nil }
        return slots.remove(at: place).number
    }

    mutating func truncate(to offset: Int64) -> [Int] {
        let place = place(of: offset)
        let gone = slots[place...].map(\.number)
        slots.removeLast(slots.count - place)
        open.removeAll { $0.first >= offset }
        end = max(start, offset)
        leaderEpoch += 1
        return gone
    }

    mutating func recreate() -> [Int] {
        let gone = slots.map(\.number)
        slots.removeAll()
        open.removeAll()
        start = 0
        end = 0
        leaderEpoch += 1
        incarnation += 1
        return gone
    }

    mutating func replace(at offset: Int64, with number: Int) {
        slots[place(of: offset)].number = number
        leaderEpoch += 1
    }
}
