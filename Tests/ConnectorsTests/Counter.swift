import Foundation

/// Raised by one thread, waited for by others.
final class Counter: @unchecked Sendable {
    private let condition = NSCondition()
    private var value = 0

    func raise(to number: Int? = nil) {
        condition.lock()
        value = max(value, number ?? value + 1)
        condition.broadcast()
        condition.unlock()
    }

    func wait(for number: Int) {
        condition.lock()
        while value < number { condition.wait() }
        condition.unlock()
    }
}
