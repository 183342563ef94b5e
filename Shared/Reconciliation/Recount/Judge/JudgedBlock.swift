import Streams

/// Records of one partition that are judged together. The outcome does not depend on how many they are.
final class JudgedBlock {
    /// What a record comes to.
    struct Mark: BitwiseCopyable {
        /// S after the record; unspecified for a dead letter.
        var streamTime: Int64 = 0
        /// That of the event, which lies in no order with the ids.
        var offset: Int64 = 0
        /// The newest earlier copy, where `hasCopy`, and S between.
        var copy: Int64 = 0
        var gap: Int64 = 0
        var fault: RecountFault? = nil
        var isLate = false
        var isDuplicate = false
        var hasCopy = false
    }

    let capacity: Int
    let events: UnsafeMutablePointer<RecountedEvent>
    let marks: UnsafeMutablePointer<Mark>
    private(set) var count = 0
    private let keys: IDKeys
    /// One entry for each id of the block.
    private let distinct: UnsafeMutablePointer<IDEntry>
    private let outOfOrderness: Int64
    private let horizon: Int64
    private let lookBack: Int64

    init(settings: RecountSettings, capacity: Int) {
        self.capacity = capacity
        events = LargeMemory.allocate(capacity: capacity)
        marks = LargeMemory.allocate(capacity: capacity)
        distinct = LargeMemory.allocate(capacity: capacity)
        keys = IDKeys(capacity: capacity)
        outOfOrderness = settings.outOfOrdernessMilliseconds
        horizon = settings.horizonMilliseconds
        lookBack = settings.lookBackMilliseconds ?? .max
    }

    deinit {
        events.deallocate()
        marks.deallocate()
        distinct.deallocate()
    }

    var isFull: Bool { count == capacity }

    func removeAll() {
        count = 0
        keys.removeAll()
    }

    /// Reads the next record; moves time and counts in `state` as far as that needs no other record.
    @inline(__always)
    func append(_ record: Record, to state: inout RecountedPartition) {
        let event = events + count
        var mark = Mark()
        if let fault = event.pointee.read(record) {
            mark.fault = fault
            state.deadLetters += 1
        } else {
            let eventTime = event.pointee.eventTime
            let timestamp = event.pointee.timestamp
            let time = timestamp < 0 ? eventTime : min(eventTime, timestamp)
            if let before = state.streamTime {
                // Both are of validated times and settings: nothing here is near an overflow.
                mark.isLate = eventTime - eventTime % 60_000 + 60_000 <= before - outOfOrderness
                mark.streamTime = max(before, time)
            } else {
                mark.streamTime = time
            }
            mark.offset = event.pointee.offset
            state.streamTime = mark.streamTime
            keys.append(ShuffledID(event.pointee.idHigh, event.pointee.idLow), position: count)
        }
        marks[count] = mark
        count &+= 1
    }

    /// Finds the duplicates, among each other and in `ids`, and remembers the block's ids there.
    func judge(_ ids: PartitionIDs, _ state: inout RecountedPartition) throws {
        keys.sort()
        let idCount = collectDistinct()
        ids.look(distinct, count: idCount)
        var place = 0
        for index in 0..<idCount {
            var copy = distinct[index]
            while place < keys.count, keys.sorted[place].id == copy.id {
                let position = Int(keys.sorted[place].position)
                let now = marks[position].streamTime
                if copy.offset >= 0 { mark(position, with: copy, now) }
                copy.offset = marks[position].offset
                copy.streamTime = now
                place &+= 1
            }
            distinct[index] = copy
        }
        for position in 0..<count where marks[position].fault == nil {
            if marks[position].isDuplicate {
                state.duplicates += 1
            } else if events[position].invalidReason != 0 {
                state.invalid += 1
            } else if marks[position].isLate {
                state.late += 1
            }
        }
        try ids.remember(distinct, count: idCount, now: state.streamTime)
    }

    private func collectDistinct() -> Int {
        var idCount = 0
        for place in 0..<keys.count {
            let id = keys.sorted[place].id
            if idCount > 0, distinct[idCount - 1].id == id { continue }
            distinct[idCount] = IDEntry(id: id, offset: -1, streamTime: 0)
            idCount &+= 1
        }
        return idCount
    }

    /// What lies further back than the look-back is as if it had never been.
    @inline(__always)
    private func mark(_ position: Int, with copy: IDEntry, _ now: Int64) {
        let gap = now - copy.streamTime
        guard gap <= lookBack else { return }
        marks[position].hasCopy = true
        marks[position].copy = copy.offset
        marks[position].gap = gap
        marks[position].isDuplicate = gap <= horizon
    }

    /// What the record at a position came to, once it is judged.
    func verdict(_ position: Int) -> EventVerdict {
        let mark = marks[position]
        if let fault = mark.fault { return .deadLetter(fault) }
        if mark.isDuplicate { return .duplicate(of: mark.copy, gapMilliseconds: mark.gap) }
        let isInvalid = events[position].invalidReason != 0
        if isInvalid { return .invalid }
        return mark.hasCopy
            ? .countedAgain(of: mark.copy, gapMilliseconds: mark.gap, isLate: mark.isLate)
            : .counted(isLate: mark.isLate)
    }
}
