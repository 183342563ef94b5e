import Connectors

/// A wait that can be ended from another thread, once and for all.
public final class Pause: @unchecked Sendable {
    private let monitor = Monitor()
    // Guarded by the monitor.
    private var hasEnded = false

    public init() {}

    public var isOver: Bool { monitor.locked { hasEnded } }

    public func end() {
        monitor.locked {
            hasEnded = true
            monitor.wake()
        }
    }

    /// Waits so long, or until `end`.
    public func wait(milliseconds: Int64) {
        let deadline = Monitor.monotonicMilliseconds() + milliseconds
        monitor.locked {
            while !hasEnded, Monitor.monotonicMilliseconds() < deadline {
                monitor.wait(untilMonotonicMilliseconds: deadline)
            }
        }
    }
}
