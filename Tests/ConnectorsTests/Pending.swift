import Foundation

/// Blocking work that goes on, on a thread of its own, while a test looks at what it waits for. No task of the pool is
/// needed for it, so a test that keeps the pool busy meanwhile cannot starve it.
final class Pending<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var result: Result<Value, any Error>?

    init(_ work: @escaping () throws -> Value) {
        nonisolated(unsafe) let work = work
        Thread.detachNewThread { [self] in
            let outcome = Result(catching: work)
            condition.lock()
            result = outcome
            condition.broadcast()
            condition.unlock()
        }
    }

    /// Waits for what the work returns, or throws what it threw.
    func value() throws -> Value {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result { return try result.get() }
            condition.wait()
        }
    }
}
