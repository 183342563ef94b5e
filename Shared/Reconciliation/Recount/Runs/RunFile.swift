import Glibc

/// A run: an immutable file of sorted entries, mapped into memory. Whoever holds it may read it, also after the file has
/// been removed from its folder.
final class RunFile<Entry: RunEntry> {
    /// Bytes before the entries: what the file is, of how many entries, and the greatest `moment`.
    static var headerSize: Int { 64 }

    let name: String
    let count: Int
    let checksum: UInt64
    /// The greatest `moment` of its entries; the smallest number where there are none.
    let newest: Int64
    let entries: UnsafePointer<Entry>
    /// Where the entries are ids.
    let filter: IDFilter?
    private let map: UnsafeMutableRawPointer
    private let mapSize: Int

    var bytes: Int { count * MemoryLayout<Entry>.stride }
    var end: UnsafePointer<Entry> { entries + count }

    /// Maps a file that was written by `RunWriter`. What it contains is believed: `RunFolder.open` checks it first.
    init(
        name: String, count: Int, checksum: UInt64, newest: Int64, filter: IDFilter?, descriptor: Int32, path: String
    ) throws {
        self.name = name
        self.count = count
        self.checksum = checksum
        self.newest = newest
        self.filter = filter
        mapSize = Self.headerSize + count * MemoryLayout<Entry>.stride
        // A small run is soon read whole: its pages are mapped at once and not one by one.
        let populate = mapSize <= 64 << 20 ? Int32(MAP_POPULATE) : 0
        guard let map = mmap(nil, mapSize, PROT_READ, MAP_SHARED | populate, descriptor, 0), map != MAP_FAILED else {
            throw RecountError.files("cannot map \(path) into memory")
        }
        self.map = map
        entries = UnsafePointer((map + Self.headerSize).bindMemory(to: Entry.self, capacity: count))
    }

    deinit { munmap(map, mapSize) }

    /// The first entry that `isBefore` is not true of, where it is true of all before some entry and of none behind.
    func lowerBound(_ isBefore: (UnsafePointer<Entry>) -> Bool) -> UnsafePointer<Entry> {
        var low = 0
        var high = count
        while low < high {
            let middle = low + (high - low) / 2
            if isBefore(entries + middle) { low = middle + 1 } else { high = middle }
        }
        return entries + low
    }
}

/// The first bytes of a run's file.
struct RunHeader: BitwiseCopyable, Equatable {
    /// "SLUIRUN" and the version of the format.
    static let mark: UInt64 = 0x534C_5549_5255_4E01
    var mark = Self.mark
    var entrySize: UInt64
    var count: UInt64
    var newest: Int64
    private var spare: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init(entrySize: Int, count: Int, newest: Int64) {
        self.entrySize = UInt64(entrySize)
        self.count = UInt64(count)
        self.newest = newest
    }

    static func == (a: Self, b: Self) -> Bool {
        a.mark == b.mark && a.entrySize == b.entrySize && a.count == b.count && a.newest == b.newest
            && a.spare == b.spare
    }
}

extension RecountError {
    /// The file system's answer to the call that has just failed.
    static func files(_ what: String) -> RecountError {
        RecountError(.files, "\(what): \(String(cString: strerror(errno)))")
    }
}
