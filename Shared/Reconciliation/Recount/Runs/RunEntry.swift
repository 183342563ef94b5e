/// What runs are made of: entries of fixed size, ascending and each key once within a run.
protocol RunEntry: BitwiseCopyable {
    /// The first part of the files' names.
    static var kind: String { get }
    static func precedes(_ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>) -> Bool
    /// What stays of two entries with one key, of which `older` stands in an older run.
    static func combined(older: UnsafePointer<Self>, newer: UnsafePointer<Self>) -> Self
    /// Whether an entry is still of use; `floor` means what the kind of entry wants it to mean.
    func isKept(_ floor: Int64) -> Bool
    /// Of a run the greatest of these is known without reading it: what `floor` is compared with to drop it whole.
    var moment: Int64 { get }
    /// The id that a run's filter is asked for; nil where this kind of entry has none.
    var filteredID: ShuffledID? { get }
}

extension RunEntry {
    @inline(__always)
    var filteredID: ShuffledID? { nil }
}

/// An id, with the place of its newest copy. The id is stored shuffled, see `ShuffledID`.
struct IDEntry: RunEntry, Equatable {
    var id: ShuffledID
    var offset: Int64
    /// S at that offset.
    var streamTime: Int64

    static var kind: String { "ids" }

    @inline(__always)
    static func precedes(_ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>) -> Bool { a.pointee.id < b.pointee.id }

    @inline(__always)
    static func combined(older: UnsafePointer<Self>, newer: UnsafePointer<Self>) -> Self { newer.pointee }

    @inline(__always)
    func isKept(_ floor: Int64) -> Bool { streamTime >= floor }

    @inline(__always)
    var moment: Int64 { streamTime }

    @inline(__always)
    var filteredID: ShuffledID? { id }
}

extension SpendRow: RunEntry {
    static var kind: String { "rows" }

    @inline(__always)
    static func precedes(_ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>) -> Bool { a.pointee.key < b.pointee.key }

    @inline(__always)
    static func combined(older: UnsafePointer<Self>, newer: UnsafePointer<Self>) -> Self {
        var sum = older.pointee
        sum.counts += newer.pointee.counts
        return sum
    }

    /// Minutes that begin before `floor` have been dropped.
    @inline(__always)
    func isKept(_ floor: Int64) -> Bool { key.level != SpendLevel.minute.rawValue || key.start >= floor }

    /// Runs of rows are never dropped whole.
    @inline(__always)
    var moment: Int64 { .max }
}

extension RecountedLetter: RunEntry {
    static var kind: String { "letters" }
    static func precedes(_ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>) -> Bool { a.pointee < b.pointee }
    static func combined(older: UnsafePointer<Self>, newer: UnsafePointer<Self>) -> Self { newer.pointee }
    func isKept(_ floor: Int64) -> Bool { true }
    var moment: Int64 { .max }
}
