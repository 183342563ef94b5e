public import Streams

/// A clock that stands still until it is moved.
public final class ManualClock: WorkerClock {
    /// Milliseconds since the clock was made.
    public private(set) var now: Int64 = 0
    private let unixAtStart: Int64

    /// - Parameter unixMilliseconds: what the wall clock says at the start.
    public init(unixMilliseconds: Int64 = 1_767_225_600_000) { unixAtStart = unixMilliseconds }

    public func monotonicMilliseconds() -> Int64 { now }
    public func unixMilliseconds() -> Int64 { unixAtStart + now }

    /// Moves both clocks on.
    public func advance(milliseconds: Int64) {
        precondition(milliseconds >= 0, "a clock does not go back")
        now += milliseconds
    }
}
