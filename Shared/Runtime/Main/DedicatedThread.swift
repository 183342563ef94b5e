import Glibc
import Synchronization

/// A thread of its own for a loop that blocks: poll, decode, aggregate, commit. Never runs on the pool of Swift's
/// tasks, which such a loop would starve.
public final class DedicatedThread: Sendable {
    public let name: String
    private let state = Mutex(State())

    private struct State {
        var isFinished = false
        var error: (any Error)?
        var waiters: [CheckedContinuation<(any Error)?, Never>] = []
    }

    /// What the thread needs to start, handed through C once.
    private final class Start: Sendable {
        let thread: DedicatedThread
        let body: @Sendable () throws -> Void
        init(thread: DedicatedThread, body: @escaping @Sendable () throws -> Void) {
            self.thread = thread
            self.body = body
        }
    }

    /// Starts the thread.
    /// - Parameters:
    ///   - name: Shown by ps and top; the kernel keeps 15 bytes.
    ///   - stackBytes: At least 64 KiB, rounded up to whole pages.
    ///   - body: Runs once. What it throws is given to ``finished()``.
    /// - Throws: ``RuntimeError`` `thread_start` when the system refuses the thread.
    public init(
        name: String, stackBytes: Int = 1 << 20, _ body: @escaping @Sendable () throws -> Void
    ) throws {
        self.name = name
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        pthread_attr_init(attributes)
        defer {
            pthread_attr_destroy(attributes)
            attributes.deallocate()
        }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        pthread_attr_setstacksize(attributes, (max(stackBytes, 64 << 10) + page - 1) / page * page)
        // Nobody joins by pthread_join: the end is told through `finished()`.
        pthread_attr_setdetachstate(attributes, Int32(PTHREAD_CREATE_DETACHED))

        // Given to the thread with one count, which its entry takes over.
        let start = Unmanaged.passRetained(Start(thread: self, body: body))
        var identifier = pthread_t()
        let code = pthread_create(&identifier, attributes, dedicatedThreadEntry, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw RuntimeError(
                .threadStart, "the thread \(name) cannot be started: \(String(cString: strerror(code)))",
                context: ["thread": name, "stack_bytes": "\(stackBytes)"])
        }
    }

    /// Waits for the end of the thread, from any number of tasks; returns the error that ended it, if one did.
    @discardableResult
    public func finished() async -> (any Error)? {
        await withCheckedContinuation { continuation in
            let ended = state.withLock { state -> (any Error)?? in
                if state.isFinished { return .some(state.error) }
                state.waiters.append(continuation)
                return nil
            }
            if let error = ended { continuation.resume(returning: error) }
        }
    }

    /// True once the body has returned.
    public var isFinished: Bool { state.withLock { $0.isFinished } }

    fileprivate static func enter(_ argument: UnsafeMutableRawPointer?) {
        guard let argument else { return }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        setName(start.thread.name)
        do {
            try start.body()
            start.thread.end(nil)
        } catch {
            start.thread.end(error)
        }
    }

    /// Names the calling thread through proc(5): pthread_setname_np is a GNU extension that Swift does not see here.
    private static func setName(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = write(descriptor, name, min(name.utf8.count, 15))
        close(descriptor)
    }

    private func end(_ error: (any Error)?) {
        let waiters = state.withLock { state in
            state.isFinished = true
            state.error = error
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: error) }
    }
}

private func dedicatedThreadEntry(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    DedicatedThread.enter(argument)
    return nil
}
