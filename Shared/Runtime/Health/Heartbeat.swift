import Synchronization

/// The sign of life of one component, normally one thread: it beats each time round its loop, also when it waits for
/// a dependency that is down. A beat is one atomic store.
public final class Heartbeat: Sendable {
    public let component: String
    let limitMilliseconds: Int64
    private let last: Atomic<Int64>
    private let now: @Sendable () -> Int64

    init(component: String, limitMilliseconds: Int64, now: @escaping @Sendable () -> Int64) {
        self.component = component
        self.limitMilliseconds = limitMilliseconds
        self.now = now
        last = Atomic(now())
    }

    public func beat() { last.store(now(), ordering: .relaxed) }

    /// Milliseconds since the last beat.
    var ageMilliseconds: Int64 { now() - last.load(ordering: .relaxed) }
}
