/// Entries of many runs in ascending order, those of equal keys one after another, the run with the smallest tag first.
struct RunMerge<Entry: RunEntry> {
    struct Part {
        var place: UnsafePointer<Entry>
        var end: UnsafePointer<Entry>
        var tag: Int32
    }

    /// Keeps the mapped files.
    private let owners: [RunFile<Entry>]
    /// A heap by `place`, then `tag`: nothing in it is at its end.
    private var heap: [Part]

    init(_ parts: [Part], of owners: [RunFile<Entry>]) {
        self.owners = owners
        heap = parts.filter { $0.place < $0.end }
        var root = heap.count / 2
        while root > 0 {
            root -= 1
            sink(root)
        }
    }

    init(_ runs: [RunFile<Entry>]) {
        self.init(
            runs.enumerated().map { Part(place: $1.entries, end: $1.end, tag: Int32(truncatingIfNeeded: $0)) }, of: runs
        )
    }

    /// The least entry that has not been passed, and the tag of its run; nil at the end.
    var least: (entry: UnsafePointer<Entry>, tag: Int32)? {
        heap.isEmpty ? nil : (heap[0].place, heap[0].tag)
    }

    /// Passes the least entry.
    mutating func pass() {
        heap[0].place += 1
        if heap[0].place == heap[0].end {
            let last = heap.removeLast()
            if heap.isEmpty { return }
            heap[0] = last
        }
        sink(0)
    }

    private func isBefore(_ a: Part, _ b: Part) -> Bool {
        if Entry.precedes(a.place, b.place) { return true }
        return a.tag < b.tag && !Entry.precedes(b.place, a.place)
    }

    private mutating func sink(_ start: Int) {
        var root = start
        let moving = heap[root]
        while true {
            var child = 2 * root + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, isBefore(heap[child + 1], heap[child]) { child += 1 }
            guard isBefore(heap[child], moving) else { break }
            heap[root] = heap[child]
            root = child
        }
        heap[root] = moving
    }
}
