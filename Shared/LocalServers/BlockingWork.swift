import Foundation

/// Runs work that blocks on a thread of its own and returns what it returns.
///
/// Starting and stopping servers waits on processes and sockets. The threads of Swift's pool are as few as the cores,
/// and on a small machine two blocked ones would stop every other task.
func onOwnThread<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Result(catching: work))
        }
    }
}

/// Waits until `condition` holds, looking again at least every `interval`; false when the time is over first.
///
/// For conditions of other processes, which nothing here can be told about.
func blockUntil(
    timeout: Duration,
    interval: Duration = .milliseconds(5),
    _ condition: () throws -> Bool
) rethrows -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + timeout
    while true {
        if try condition() { return true }
        if clock.now >= deadline { return false }
        Thread.sleep(forTimeInterval: interval.seconds)
    }
}

extension Duration {
    /// The duration in seconds, as Foundation wants it.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
