/// Looks sorted ids up in a sorted run: both are walked once, side by side.
enum SortedIDs {
    /// Sets `offset` and `streamTime` of each entry of `wanted` whose `offset` is below 0 and whose id is in `run`.
    ///
    /// The distance to the next id is guessed from how many there are on both sides, and doubled from there until it is
    /// enclosed (J. L. Bentley and A. C. Yao, "An almost optimal algorithm for unbounded searching", 1976). Ids are
    /// shuffled, so the guess is seldom far off; where it is, that costs steps and nothing else.
    static func look(_ wanted: UnsafeMutablePointer<IDEntry>, count: Int, in run: RunFile<IDEntry>) {
        let end = run.end
        var place = run.entries
        let distance = max(1, run.count / max(1, count))
        for index in 0..<count {
            guard wanted[index].offset < 0 else { continue }
            let id = wanted[index].id
            place = lowerBound(of: id, from: place, end, distance)
            if place == end { return }
            if place.pointee.id == id {
                wanted[index].offset = place.pointee.offset
                wanted[index].streamTime = place.pointee.streamTime
            }
        }
    }

    /// The first entry from `start` on whose id is not below `id`; `end` where there is none. All before `start` are below.
    @inline(__always)
    private static func lowerBound(
        of id: ShuffledID, from start: UnsafePointer<IDEntry>, _ end: UnsafePointer<IDEntry>, _ distance: Int
    ) -> UnsafePointer<IDEntry> {
        // All before `low` are below the id; `high` and all behind it are not.
        var low = start
        var high = end
        let guess = start + min(distance, end - start)
        var step = max(1, distance / 8)
        if guess < end && guess.pointee.id < id {
            low = guess + 1
            while end - low > step {
                let next = low + step
                guard next.pointee.id < id else {
                    high = next
                    break
                }
                low = next + 1
                step &*= 2
            }
        } else {
            high = guess
            while high - start > step {
                let next = high - step
                guard !(next.pointee.id < id) else {
                    low = next + 1
                    break
                }
                high = next
                step &*= 2
            }
        }
        while low < high {
            let middle = low + (high - low) / 2
            if middle.pointee.id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
