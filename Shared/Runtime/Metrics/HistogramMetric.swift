import Synchronization

/// How values are spread, in buckets with fixed upper bounds. An update takes an uncontended lock (about 25 ns), so
/// that buckets, sum and count always agree in a scrape: observe once a batch, not once a record.
public final class HistogramMetric: Sendable {
    /// Seconds from a millisecond to a minute, for durations of requests and commits.
    public static let secondsBuckets: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
    ]
    /// Seconds from 50 ms to an hour, for freshness from event to result.
    public static let freshnessBuckets: [Double] = [
        0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0,
    ]
    /// Powers of ten with a step between, for sizes and counts.
    public static let sizeBuckets: [Double] = [1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 1e7, 1e8]

    /// The upper bounds, rising, finite; the bucket to infinity comes on top.
    public let bounds: [Double]
    private let state: Mutex<State>

    struct State {
        /// By bucket, not cumulative; the last is the one to infinity.
        var counts: [UInt64]
        var sum = 0.0
    }

    init(bounds: [Double]) {
        var rising: [Double] = []
        for bound in bounds.sorted() where bound.isFinite && bound != rising.last { rising.append(bound) }
        self.bounds = rising
        state = Mutex(State(counts: Array(repeating: 0, count: rising.count + 1)))
    }

    /// Counts a value `times` over: once for a record, or once for a batch of records that share it. A value that is
    /// not a number is ignored.
    public func observe(_ value: Double, times: UInt64 = 1) {
        guard !value.isNaN, times > 0 else { return }
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        state.withLock {
            $0.counts[low] &+= times
            $0.sum += value * Double(times)
        }
    }

    var snapshot: State { state.withLock { $0 } }
}
