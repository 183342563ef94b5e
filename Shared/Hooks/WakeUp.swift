import Glibc

/// A wait of one thread that others can end.
final class WakeUp: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    // Guarded by the mutex.
    private var isCalled = false

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Ends the wait, or the next one if none is running.
    func call() {
        pthread_mutex_lock(mutex)
        isCalled = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// - Parameter deadline: Milliseconds of the monotonic clock; nil waits for a call.
    func wait(until deadline: Int64?) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isCalled {
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            var time = timespec(tv_sec: Int(deadline / 1_000), tv_nsec: Int(deadline % 1_000) * 1_000_000)
            if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
        }
        isCalled = false
    }
}
