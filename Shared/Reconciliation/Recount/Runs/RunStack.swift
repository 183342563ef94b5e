/// Runs of one kind, from the oldest to the newest. Neighbours of similar size are merged, so that n entries which came b
/// at a time are in at most log2(n / b) + 1 runs, and each has been written about as often (P. O'Neil et al., "The
/// Log-Structured Merge-Tree", 1996).
struct RunStack<Entry: RunEntry> {
    private(set) var runs: [RunFile<Entry>]

    init(_ runs: [RunFile<Entry>] = []) { self.runs = runs }

    var bytes: Int64 { runs.reduce(0) { $0 + Int64($1.bytes) } }

    /// Puts a run on top; merges what lies too close together.
    /// - Parameter floor: entries that `isKept` denies with it are left out of what is written.
    mutating func push(_ run: RunFile<Entry>, in folder: RunFolder, floor: Int64) throws {
        guard run.count > 0 else { return folder.discard(run.name) }
        runs.append(run)
        while let oldest = runs.first, oldest.newest < floor {
            folder.discard(oldest.name)
            runs.removeFirst()
        }
        while runs.count > 1 {
            let newer = runs[runs.count - 1]
            let older = runs[runs.count - 2]
            guard newer.count >= older.count / 2 else { break }
            let merged = try Self.merged(older, newer, in: folder, floor: floor)
            runs.removeLast(2)
            folder.discard(older.name)
            folder.discard(newer.name)
            if merged.count > 0 { runs.append(merged) } else { folder.discard(merged.name) }
        }
    }

    private static func merged(
        _ older: RunFile<Entry>, _ newer: RunFile<Entry>, in folder: RunFolder, floor: Int64
    ) throws -> RunFile<Entry> {
        var writer = try RunWriter<Entry>(in: folder, expected: older.count + newer.count)
        var a = older.entries
        var b = newer.entries
        while a < older.end && b < newer.end {
            let entry: Entry
            if Entry.precedes(a, b) {
                entry = a.pointee
                a += 1
            } else if Entry.precedes(b, a) {
                entry = b.pointee
                b += 1
            } else {
                entry = Entry.combined(older: a, newer: b)
                a += 1
                b += 1
            }
            if entry.isKept(floor) { try writer.append(entry) }
        }
        while a < older.end {
            if a.pointee.isKept(floor) { try writer.append(a.pointee) }
            a += 1
        }
        while b < newer.end {
            if b.pointee.isKept(floor) { try writer.append(b.pointee) }
            b += 1
        }
        return try writer.finish()
    }
}
