import Foundation
import Synchronization

/// Questions that may never be answered.
enum Asking {
    /// Runs blocking work on a thread of its own and waits for it, but no longer than `patience`. Work that is given up goes on
    /// by itself until its own time-outs end it; nothing waits for it any more.
    static func within<Value: Sendable>(
        _ patience: Duration, _ what: String, _ work: @escaping @Sendable () throws -> Value
    ) async -> Look<Value> {
        let answer = FirstAnswer<Look<Value>>()
        let timer = Task {
            try await Task.sleep(for: patience)
            answer.give(
                .failed(
                    LookFailure(kind: .silent, message: "\(what) did not answer within \(patience.milliseconds) ms")))
        }
        let look = await withCheckedContinuation { continuation in
            answer.asked(continuation)
            Thread.detachNewThread {
                do {
                    answer.give(.seen(try work()))
                } catch {
                    answer.give(.failed(LookFailure(error)))
                }
            }
        }
        timer.cancel()
        return look
    }
}

/// Passes on the first of several answers.
private final class FirstAnswer<Value: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Value, Never>?
        var early: Value?
        var isGiven = false
    }
    private let state = Mutex(State())

    func asked(_ continuation: CheckedContinuation<Value, Never>) {
        let early = state.withLock { state in
            if state.early == nil { state.continuation = continuation }
            return state.early
        }
        if let early { continuation.resume(returning: early) }
    }

    func give(_ value: Value) {
        let continuation = state.withLock { state -> CheckedContinuation<Value, Never>? in
            guard !state.isGiven else { return nil }
            state.isGiven = true
            if state.continuation == nil { state.early = value }
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume(returning: value)
    }
}
