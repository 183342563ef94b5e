import Postgres
import Runtime
import Synchronization

/// Something that is looked at again and again on a thread of its own, so that one that hangs holds up nothing else.
///
/// Thread-safe.
final class Sampled<Value: Sendable>: Sendable {
    /// What is known of it at a moment.
    struct Reading: Sendable {
        /// The last one that there was, also where it failed since.
        var value: Value?
        /// When that was.
        var valueAt: Instant?
        /// Why the last attempt failed; nil where it did not.
        var failure: String?
        /// Since when the attempt runs that runs now.
        var runningSince: ContinuousClock.Instant?

        /// When the last attempt ended.
        var attemptedAt: ContinuousClock.Instant?

        /// How long the attempt that runs now has run.
        var waited: Duration? { runningSince.map { ContinuousClock.now - $0 } }
    }

    private let state = Mutex(Reading())

    var reading: Reading { state.withLock { $0 } }

    /// Starts the thread.
    /// - Parameters:
    ///   - interval: From the beginning of one attempt to the next.
    ///   - prepare: Called on the thread; gives what each attempt calls. What it holds (a connection) never leaves the thread.
    init(
        _ name: String, every interval: Duration, audience: Audience,
        prepare: @escaping @Sendable () -> (() throws -> Value)
    ) throws {
        _ = try DedicatedThread(name: name) { [self] in
            let attempt = prepare()
            var next = ContinuousClock.now
            while audience.wait(until: next) {
                let start = ContinuousClock.now
                state.withLock { $0.runningSince = start }
                let result = Result { try attempt() }
                state.withLock { state in
                    state.runningSince = nil
                    state.attemptedAt = .now
                    switch result {
                    case .success(let value):
                        state.value = value
                        state.valueAt = .now
                        state.failure = nil
                    case .failure(let error): state.failure = Self.words(error)
                    }
                }
                next = start + interval
            }
        }
    }

    /// One line; of a library's error without its code, which is for programs.
    private static func words(_ error: any Error) -> String {
        guard let error = error as? PostgresError, !error.message.isEmpty else { return CommandFailure(error).line }
        return CommandFailure(.dependency, error.message).line
    }
}
