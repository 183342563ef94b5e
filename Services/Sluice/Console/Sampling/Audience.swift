import Foundation

/// Whether somebody looks, and what the threads that sample wait on: while nobody does, nothing is asked of anybody.
///
/// Thread-safe.
final class Audience: @unchecked Sendable {
    /// How long after the last request the page counts as looked at.
    private let patience: Duration
    /// Guards what follows.
    private let condition = NSCondition()
    private var lastLook: ContinuousClock.Instant?
    private var wokenAt: ContinuousClock.Instant?
    private var isOver = false

    init(patience: Duration = .seconds(30)) { self.patience = patience }

    /// A request came.
    func looked() {
        condition.lock()
        defer { condition.unlock() }
        let slept = !isWatching
        lastLook = .now
        guard slept else { return }
        wokenAt = lastLook
        condition.broadcast()
    }

    /// Lets every thread that waits go on, and end.
    func end() {
        condition.lock()
        defer { condition.unlock() }
        isOver = true
        condition.broadcast()
    }

    /// When somebody began to look, after nobody did; nil before that.
    var watchedSince: ContinuousClock.Instant? {
        condition.lock()
        defer { condition.unlock() }
        return wokenAt
    }

    /// Waits until a moment has come and somebody looks.
    /// - Returns: false where it is over.
    func wait(until next: ContinuousClock.Instant) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while !isOver {
            let now = ContinuousClock.now
            if isWatching, next <= now { return true }
            // While nobody looks there is no moment to wake up for.
            let pause = isWatching ? next - now : .seconds(3_600)
            _ = condition.wait(until: Date(timeIntervalSinceNow: Double(pause.milliseconds + 1) / 1_000))
        }
        return false
    }

    private var isWatching: Bool { lastLook.map { ContinuousClock.now - $0 < patience } ?? false }
}
