import Glibc
public import Streams

/// The machine's own clocks.
public final class SystemClock: WorkerClock, Sendable {
    public init() {}

    public func monotonicMilliseconds() -> Int64 { Monitor.monotonicMilliseconds() }

    public func unixMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
