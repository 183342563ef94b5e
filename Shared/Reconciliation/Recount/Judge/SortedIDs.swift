/// Looks sorted ids up in a sorted run: both are walked once, side by side.
enum SortedIDs {
    private static let group = 64

    /// Sets `offset` and `streamTime` of each entry of `wanted` whose `offset` is below 0 and whose id is in `run`.
    static func look(_ wanted: UnsafeMutablePointer<IDEntry>, count: Int, in run: RunFile<IDEntry>) {
        guard let filter = run.filter else { return }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: group) { places in
            var search = Search(run)
            var begin = 0
            while begin < count {
                // First all that the filter lets through, written without a branch that nobody could foresee.
                var found = 0
                let end = min(begin + group, count)
                for place in begin..<end {
                    places[found] = place
                    found &+= filter.contains(wanted[place].id) & (wanted[place].offset < 0 ? 1 : 0)
                }
                for number in 0..<found {
                    let place = places[number]
                    guard let entry = search.find(wanted[place].id) else { continue }
                    wanted[place].offset = entry.pointee.offset
                    wanted[place].streamTime = entry.pointee.streamTime
                }
                begin = end
            }
        }
    }

    /// Finds ascending ids. Where the next one stands is guessed from its distance to the last one, for ids are spread
    /// evenly; from there steps are doubled until it is enclosed (J. L. Bentley and A. C. Yao, "An almost optimal algorithm
    /// for unbounded searching", 1976). A guess that is far off costs steps and nothing else.
    private struct Search {
        private let run: RunFile<IDEntry>
        private let end: UnsafePointer<IDEntry>
        /// All before it are below `last`.
        private var place: UnsafePointer<IDEntry>
        private var last: UInt64 = 0

        init(_ run: RunFile<IDEntry>) {
            self.run = run
            end = run.end
            place = run.entries
        }

        @inline(__always)
        mutating func find(_ id: ShuffledID) -> UnsafePointer<IDEntry>? {
            let distance = Int(truncatingIfNeeded: (id.high &- last).multipliedFullWidth(by: UInt64(run.count)).high)
            last = id.high
            place = lowerBound(of: id, distance)
            return place < end && place.pointee.id == id ? place : nil
        }

        /// The first entry from `place` on whose id is not below `id`; `end` where there is none.
        @inline(__always)
        private func lowerBound(of id: ShuffledID, _ distance: Int) -> UnsafePointer<IDEntry> {
            // All before `low` are below the id; `high` and all behind it are not.
            var low = place
            var high = end
            let guess = place + min(distance, end - place)
            var step = 4
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
                while high - place > step {
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
}
