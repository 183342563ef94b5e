/// Records that will be sent again later, the next one first.
struct PendingSends {
    /// A record and the time from which it may be sent.
    struct Entry {
        var dueMilliseconds: Int64
        /// Breaks ties, so that the order never depends on how the heap is built.
        var sequence: Int64
        /// How many times it has been sent already.
        var sends: Int
        var record: GeneratedRecord
    }

    private var heap: [Entry] = []
    private var nextSequence: Int64 = 0

    /// When the next one is due; nil where none waits.
    var nextDueMilliseconds: Int64? { heap.first?.dueMilliseconds }
    var count: Int { heap.count }

    mutating func insert(_ record: GeneratedRecord, dueMilliseconds: Int64, sends: Int) {
        heap.append(
            Entry(dueMilliseconds: dueMilliseconds, sequence: nextSequence, sends: sends, record: record))
        nextSequence += 1
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    /// The one that is due first; nil where none waits.
    mutating func popFirst() -> Entry? {
        guard !heap.isEmpty else { return nil }
        heap.swapAt(0, heap.count - 1)
        let first = heap.removeLast()
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isBefore(child, smallest) {
                smallest = child
            }
            if smallest == parent { return first }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        (heap[a].dueMilliseconds, heap[a].sequence) < (heap[b].dueMilliseconds, heap[b].sequence)
    }
}
