internal import CCoroutine

/// A stack on which synchronous code can be interrupted in the middle of a call and go on later, so that many workers
/// that wait and block as real ones do take turns on one thread, in an order that a seed decides.
///
/// Used again for one body after another. Confined to the thread that made it.
final class Coroutine {
    private var handle: OpaquePointer?
    private var body: (() -> Void)?

    /// Enough for a worker's deepest call in a debug build.
    private static let stackBytes = 256 << 10

    init() {
        handle = sluice_coroutine_create(
            Self.stackBytes,
            { context in
                guard let context else { return }
                Unmanaged<Coroutine>.fromOpaque(context).takeUnretainedValue().runBody()
            }, Unmanaged.passUnretained(self).toOpaque())
        precondition(handle != nil, "no memory for another stack")
    }

    deinit {
        precondition(body == nil, "what lies on the stack would never be released")
        sluice_coroutine_destroy(handle)
    }

    var isIdle: Bool { body == nil }

    /// Gives it something to do; nothing of it happens before `resume`.
    func prepare(_ body: @escaping () -> Void) {
        precondition(isIdle, "one body at a time")
        self.body = body
    }

    /// Goes on until the body suspends itself or ends.
    func resume() { sluice_coroutine_resume(handle) }

    /// Called by the body: lets whoever resumed it go on.
    func suspend() { sluice_coroutine_suspend(handle) }

    private func runBody() {
        body?()
        body = nil
    }
}

/// Stacks that are used again, since a run makes a hundred processes.
final class CoroutinePool {
    private var idle: [Coroutine] = []

    func take() -> Coroutine { idle.popLast() ?? Coroutine() }

    func giveBack(_ coroutine: Coroutine) {
        if coroutine.isIdle { idle.append(coroutine) }
    }
}
