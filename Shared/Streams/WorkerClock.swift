/// The clocks that a worker reads. Passed in, so that a simulation moves them by hand.
public protocol WorkerClock: AnyObject {
    /// Milliseconds of a clock that never goes back.
    func monotonicMilliseconds() -> Int64
    /// Milliseconds of Unix time: for telemetry only, never for a result.
    func unixMilliseconds() -> Int64
}
