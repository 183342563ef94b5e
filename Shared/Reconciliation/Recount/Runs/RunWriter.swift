import Glibc

/// Writes a run, entry by entry in ascending order.
struct RunWriter<Entry: RunEntry>: ~Copyable {
    /// Entries that are written with one call: 128 KB of the largest kind, and a multiple of 32 bytes of any.
    private static var bufferCapacity: Int { 1_024 }

    private let folder: RunFolder
    private let name: String
    private let descriptor: Int32
    private let buffer: UnsafeMutablePointer<Entry>
    private var filled = 0
    private(set) var count = 0
    private var newest = Int64.min
    private var hash = RunHash()
    private let filter: IDFilter?

    /// - Parameter expected: at least the number of entries that are to come, where they are ids.
    /// - Throws: `files` where the file cannot be created.
    init(in folder: RunFolder, expected: Int = 0) throws {
        self.folder = folder
        filter = Entry.self == IDEntry.self ? IDFilter(expected: expected) : nil
        (name, descriptor) = try folder.create(Entry.kind)
        buffer = .allocate(capacity: Self.bufferCapacity)
        // Padding between an entry's fields is written too.
        memset(buffer, 0, Self.bufferCapacity * MemoryLayout<Entry>.stride)
    }

    deinit {
        buffer.deallocate()
        close(descriptor)
    }

    @inline(__always)
    mutating func append(_ entry: Entry) throws {
        if filled == Self.bufferCapacity { try flush() }
        buffer[filled] = entry
        filled &+= 1
        newest = max(newest, entry.moment)
        if let id = entry.filteredID { filter?.insert(id) }
    }

    private mutating func flush() throws {
        let bytes = UnsafeRawBufferPointer(start: buffer, count: filled * MemoryLayout<Entry>.stride)
        if folder.isKept { hash.add(bytes) }
        try write(bytes, at: RunFile<Entry>.headerSize + count * MemoryLayout<Entry>.stride)
        count += filled
        filled = 0
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at place: Int) throws {
        var done = 0
        while done < bytes.count {
            let written = pwrite(
                descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(place + done))
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw RecountError.files("cannot write \(folder.path(of: name))") }
            done += written
        }
    }

    /// Ends the run and opens it for reading.
    consuming func finish() throws -> RunFile<Entry> {
        try flush()
        let header = RunHeader(entrySize: MemoryLayout<Entry>.stride, count: count, newest: newest)
        try withUnsafeBytes(of: header) { bytes in
            try write(bytes, at: 0)
        }
        return try RunFile(
            name: name, count: count, checksum: hash.value, newest: newest, filter: filter,
            descriptor: descriptor, path: folder.path(of: name))
    }
}
