import Foundation
import LocalServers
import Testing

/// Asks again and again until a condition of another process holds: nothing here can be told about it.
///
/// Fails the test, naming what was waited for, when the time is over.
func until(
    _ what: String, within limit: Duration = .seconds(60), every interval: Duration = .milliseconds(20),
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + Patience.stretching(limit)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "never came within \(limit): \(what)")
        try await Task.sleep(for: interval)
    }
}

/// Runs blocking work on a thread of its own: Kafka's clients belong to one thread, and the pool's threads are few.
func onThread<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
}

extension Duration {
    /// In seconds, for people and for Foundation.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// Starts a server again at the port that it had. Meanwhile a client on this machine may have been given that port
/// for a connection of its own, or have connected to itself through it: that passes.
func startAgain(_ start: () async throws -> Void) async throws {
    try await until("the server has its port again", every: .milliseconds(200)) {
        do {
            try await start()
            return true
        } catch let error as LocalServersError where error.code == .portInUse {
            return false
        }
    }
}
