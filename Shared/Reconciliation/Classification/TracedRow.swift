/// The events of the log that have to do with one row, as they were judged.
struct TracedRow {
    /// So many are remembered of a kind; a row of more is not searched.
    static let limit = 20_000

    struct Event: Equatable {
        var offset: Int64
        var counts: SpendCounts
        /// Of a duplicate: the copy that counted.
        var original: Int64?
    }

    /// What makes the row up: counted and invalid ones.
    var counted: [Event] = []
    /// Removed as duplicates, with what they would have added.
    var duplicates: [Event] = []
    /// Invalid traffic, with what it would have added as valid.
    var invalid: [Event] = []
    /// All of them, beyond the limit as well.
    var count: Int64 = 0
    var isComplete = true

    mutating func add(_ event: RecountedEvent, _ verdict: EventVerdict) {
        switch verdict {
        case .counted(let isLate), .countedAgain(_, _, let isLate):
            append(Event(offset: event.offset, counts: event.counts(isLate: isLate)), to: \.counted)
        case .invalid:
            append(Event(offset: event.offset, counts: event.counts(isLate: false)), to: \.counted)
            var valid = event
            valid.invalidReason = 0
            append(Event(offset: event.offset, counts: valid.counts(isLate: false)), to: \.invalid)
        case .duplicate(let original, _):
            append(
                Event(offset: event.offset, counts: event.counts(isLate: false), original: original), to: \.duplicates)
        case .deadLetter: return
        }
        count += 1
    }

    private mutating func append(_ event: Event, to kind: WritableKeyPath<TracedRow, [Event]>) {
        if self[keyPath: kind].count < Self.limit {
            self[keyPath: kind].append(event)
        } else {
            isComplete = false
        }
    }
}

/// Finds events that add up to a difference.
enum EventSubset {
    struct Found: Equatable {
        /// Places in the array that was searched.
        var places: [Int]
        /// Another choice of as many events adds up to the same.
        var isOneOfSeveral: Bool
    }

    /// A single event, a pair, or neighbours: the smallest of these. Late events are left out of the sum where `isLateKnown`
    /// is false.
    static func find(_ target: SpendCounts, in events: [TracedRow.Event], isLateKnown: Bool) -> Found? {
        func value(_ counts: SpendCounts) -> SpendCounts {
            guard !isLateKnown else { return counts }
            var other = counts
            other.lateEvents = 0
            return other
        }
        let target = value(target)
        guard !target.isZero else { return nil }
        // All of them come first: a whole row is missing, or there twice, more often than two events that add up to it.
        if events.count > 1, value(events.reduce(into: SpendCounts()) { $0 += $1.counts }) == target {
            return Found(places: Array(events.indices), isOneOfSeveral: false)
        }
        let single = events.indices.filter { value(events[$0].counts) == target }
        // The last one: what is missing was more likely not applied yet than lost from the middle.
        if let last = single.last { return Found(places: [last], isOneOfSeveral: single.count > 1) }
        return pair(target, events.map { value($0.counts) }) ?? neighbours(target, events.map { value($0.counts) })
    }

    private static func pair(_ target: SpendCounts, _ values: [SpendCounts]) -> Found? {
        var seen: [SpendCounts: Int] = [:]
        var found: Found?
        for (place, value) in values.enumerated() {
            if let other = seen[target - value] {
                if found != nil { return Found(places: found!.places, isOneOfSeveral: true) }
                found = Found(places: [other, place], isOneOfSeveral: false)
            }
            seen[value] = place
        }
        return found
    }

    /// A beginning, an end, or a stretch between.
    private static func neighbours(_ target: SpendCounts, _ values: [SpendCounts]) -> Found? {
        var sums: [SpendCounts: Int] = [SpendCounts(): 0]
        var sum = SpendCounts()
        var found: Range<Int>?
        for (place, value) in values.enumerated() {
            sum += value
            if let start = sums[sum - target] {
                if let known = found {
                    return Found(places: Array(known), isOneOfSeveral: true)
                }
                found = start..<place + 1
            }
            sums[sum] = place + 1
        }
        return found.map { Found(places: Array($0), isOneOfSeveral: false) }
    }
}
