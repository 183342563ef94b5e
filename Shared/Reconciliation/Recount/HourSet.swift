/// Hours of event time that have been seen. Events come in no order but near each other: a few hours that were seen last
/// are kept beside the set, which is asked for the others alone.
struct HourSet {
    private(set) var starts: Set<Int64> = []
    private var recent = [Int64](repeating: -1, count: 64)

    init(_ starts: Set<Int64> = []) { self.starts = starts }

    @inline(__always)
    mutating func insert(_ eventTime: Int64) {
        let hour = eventTime / 3_600_000
        let place = Int(truncatingIfNeeded: hour & 63)
        if recent[place] == hour { return }
        recent[place] = hour
        starts.insert(hour * 3_600_000)
    }

    mutating func removeAll() { self = HourSet() }
}
