/// Which seconds of the last three days were good and which were bad: a ring of buckets of equal length, with a running sum
/// for each window that a ``BurnRule`` asks for.
///
/// Time is a monotonic clock's. Seconds that nobody sampled are in no bucket: the sums are of what was seen.
public struct BurnHistory: Sendable {
    /// Seconds that count.
    public struct Seconds: Sendable, Equatable {
        public var good: Int64
        public var bad: Int64
        public var all: Int64 { good + bad }

        public init(good: Int64 = 0, bad: Int64 = 0) {
            self.good = good
            self.bad = bad
        }
    }

    /// How exact the windows are: one reaches back by its length or up to one bucket less.
    public static let bucketSeconds: Int64 = 10

    private struct Window {
        var seconds: Int64
        var buckets: Int64
        var sum = Seconds()
    }

    private var windows: [Window]
    private var good: [UInt16]
    private var bad: [UInt16]
    /// The number of the bucket that is written to, counted from the clock's zero.
    private var current: Int64?

    /// - Parameter windows: The lengths that can be asked for, in seconds.
    public init(windows: [Int64] = BurnRule.windows) {
        self.windows = windows.map { Window(seconds: $0, buckets: max(1, $0 / Self.bucketSeconds)) }
        let size = Int(self.windows.map(\.buckets).max() ?? 1)
        good = Array(repeating: 0, count: size)
        bad = Array(repeating: 0, count: size)
    }

    /// Adds seconds that are over. A time before that of the last call is taken as the last one's.
    public mutating func add(_ seconds: Seconds, atMonotonicSeconds now: Int64) {
        advance(toMonotonicSeconds: now)
        let slot = slot(of: current ?? 0)
        good[slot] += UInt16(clamping: seconds.good)
        bad[slot] += UInt16(clamping: seconds.bad)
        for index in windows.indices {
            windows[index].sum.good += seconds.good
            windows[index].sum.bad += seconds.bad
        }
    }

    /// Lets what is older than each window leave it.
    public mutating func advance(toMonotonicSeconds now: Int64) {
        let wanted = now / Self.bucketSeconds
        guard let before = current else {
            current = wanted
            return
        }
        guard wanted > before else { return }
        if wanted - before >= Int64(good.count) {
            for slot in good.indices { (good[slot], bad[slot]) = (0, 0) }
            for index in windows.indices { windows[index].sum = Seconds() }
            current = wanted
            return
        }
        for bucket in (before + 1)...wanted {
            for index in windows.indices {
                let leaving = slot(of: bucket - windows[index].buckets)
                windows[index].sum.good -= Int64(good[leaving])
                windows[index].sum.bad -= Int64(bad[leaving])
            }
            // The longest window has just left what this slot held.
            (good[slot(of: bucket)], bad[slot(of: bucket)]) = (0, 0)
        }
        current = wanted
    }

    /// What was seen within a window that ends with the last call; nil for a length that it was not made for.
    public func seconds(inWindow seconds: Int64) -> Seconds? { windows.first { $0.seconds == seconds }?.sum }

    /// The share of bad seconds in a window, of those that were seen and at least of the window's length: history that is not
    /// there is taken as good, so that the first bad second after a start is one of an hour and not one of ten seconds.
    public func badRatio(inWindow seconds: Int64) -> Double {
        guard let sum = self.seconds(inWindow: seconds), sum.bad > 0 else { return 0 }
        return Double(sum.bad) / Double(max(sum.all, seconds))
    }

    private func slot(of bucket: Int64) -> Int {
        let size = Int64(good.count)
        return Int(((bucket % size) + size) % size)
    }
}
