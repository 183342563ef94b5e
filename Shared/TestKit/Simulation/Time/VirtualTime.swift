import Streams

/// The clock of a simulated world, and what is to happen when. Nothing else moves time: an event is carried out at its
/// moment, those of one moment in the order in which they were asked for.
final class VirtualTime: WorkerClock {
    private struct Event {
        var moment: Int64
        var number: UInt64
        var action: () -> Void

        func precedes(_ other: Event) -> Bool {
            moment != other.moment ? moment < other.moment : number < other.number
        }
    }

    /// Milliseconds since the world began.
    private(set) var now: Int64 = 0
    /// The thread that runs; nil between threads.
    var running: SimulatedThread?
    /// Events carried out.
    private(set) var steps: UInt64 = 0
    private var heap: [Event] = []
    private var asked: UInt64 = 0

    /// Unix time at the beginning of the world: 2026-01-01.
    static let unixAtStart: Int64 = 1_767_225_600_000

    func monotonicMilliseconds() -> Int64 { now }
    func unixMilliseconds() -> Int64 { Self.unixAtStart + now }

    func at(_ moment: Int64, _ action: @escaping () -> Void) {
        asked += 1
        heap.append(Event(moment: max(moment, now), number: asked, action: action))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    func after(_ milliseconds: Int64, _ action: @escaping () -> Void) { at(now + milliseconds, action) }

    /// Carries out the next event. False where none is left.
    func step() -> Bool {
        guard let next = removeFirst() else { return false }
        now = next.moment
        steps += 1
        next.action()
        return true
    }

    /// Forgets what has not happened.
    func clear() { heap.removeAll() }

    private func removeFirst() -> Event? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in (parent * 2 + 1)...(parent * 2 + 2) where child < heap.count {
                if heap[child].precedes(heap[least]) { least = child }
            }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
