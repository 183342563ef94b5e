import Glibc

/// Where runs are written. A kept folder belongs to one process at a time, and what it names stays until another manifest
/// has taken its place. In a temporary one a file loses its name as soon as it is created, so that nothing stays behind
/// whatever happens to the process.
final class RunFolder {
    static let manifestName = "manifest.json"
    private static let manifestDraftName = "manifest.json.new"
    private static let lockName = "lock"
    private static let suffix = ".run"

    let path: String
    let isKept: Bool
    private var lock: Int32 = -1
    /// The number of the next file.
    private(set) var nextFile: Int64 = 1
    /// Files that the manifest on disk names.
    private var named: Set<String> = []
    /// Files that a manifest on disk has named or may be named next and that are of no more use.
    private var discarded: Set<String> = []
    /// Files that have been written and perhaps not reached the disk.
    private var unsynced: Set<String> = []

    /// - Throws: `files` where nothing can be written there.
    init(temporaryIn path: String) throws {
        self.path = path
        isKept = false
        let (_, descriptor) = try create("probe")
        Glibc.close(descriptor)
    }

    /// Creates the folder where there is none, and locks it.
    init(keptIn path: String) throws {
        self.path = path
        isKept = true
        try Self.createFolder(path)
        let lockPath = "\(path)/\(Self.lockName)"
        lock = Glibc.open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else { throw RecountError.files("cannot open \(lockPath)") }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let isTaken = errno == EWOULDBLOCK
            let error = RecountError.files("cannot lock \(lockPath)")
            close()
            throw isTaken
                ? RecountError(
                    .locked, "the recount in \(path) is open in another process; wait until that has ended") : error
        }
    }

    deinit { close() }

    func close() {
        if lock >= 0 { Glibc.close(lock) }
        lock = -1
    }

    func path(of name: String) -> String { "\(path)/\(name)" }

    private static func createFolder(_ path: String) throws {
        if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try createFolder(String(path[..<slash]))
            if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
        }
        throw RecountError.files("cannot create the folder \(path)")
    }

    // MARK: Files

    /// A new file for a run.
    func create(_ kind: String) throws -> (name: String, descriptor: Int32) {
        while true {
            let number = isKept ? "\(nextFile)" : "\(getpid())-\(nextFile)"
            let name = "\(isKept ? "" : "recount-")\(kind)-\(number)\(Self.suffix)"
            nextFile += 1
            let descriptor = Glibc.open(path(of: name), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if descriptor < 0 {
                // Several temporary recounts of a process share a folder.
                if errno == EEXIST && !isKept { continue }
                throw RecountError.files("cannot create \(path(of: name))")
            }
            if isKept { unsynced.insert(name) } else { unlink(path(of: name)) }
            return (name, descriptor)
        }
    }

    /// A run is of no more use. Its file stays as long as a manifest names it.
    func discard(_ name: String) {
        guard isKept else { return }
        unsynced.remove(name)
        if named.contains(name) { discarded.insert(name) } else { unlink(path(of: name)) }
    }

    /// Opens a run that a manifest names and checks that it is what was written.
    func open<Entry: RunEntry>(_ run: RecountManifest.Run, as kind: Entry.Type) throws -> RunFile<Entry> {
        let path = path(of: run.name)
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw damaged("\(path) cannot be opened: \(String(cString: strerror(errno)))") }
        defer { Glibc.close(descriptor) }
        var status = stat()
        let size = Int64(RunFile<Entry>.headerSize) + Int64(run.count) * Int64(MemoryLayout<Entry>.stride)
        guard fstat(descriptor, &status) == 0, Int64(status.st_size) == size else {
            throw damaged("\(path) has not the size that was written")
        }
        let expected = RunHeader(entrySize: MemoryLayout<Entry>.stride, count: run.count, newest: run.newest)
        let file = try RunFile<Entry>(
            name: run.name, count: run.count, checksum: run.checksum.value, newest: run.newest,
            filter: kind == IDEntry.self ? IDFilter(expected: run.count) : nil, descriptor: descriptor, path: path)
        var hash = RunHash()
        hash.add(UnsafeRawBufferPointer(start: file.entries, count: file.bytes))
        guard
            UnsafeRawPointer(file.entries).advanced(by: -RunFile<Entry>.headerSize).load(as: RunHeader.self)
                == expected,
            hash.value == run.checksum.value
        else { throw damaged("\(path) is not what was written: its checksum differs") }
        if let filter = file.filter {
            for index in 0..<file.count {
                if let id = file.entries[index].filteredID { filter.insert(id) }
            }
        }
        return file
    }

    /// An error that says what to do about a folder that cannot be believed.
    func damaged(_ what: String) -> RecountError {
        RecountError(.damaged, "\(what); remove the folder \(path) to start the recount afresh from the log")
    }

    // MARK: The manifest

    /// The manifest's bytes; nil where there is none.
    func readManifest() throws -> [UInt8]? {
        let path = path(of: Self.manifestName)
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw RecountError.files("cannot open \(path)")
        }
        defer { Glibc.close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw RecountError.files("cannot read \(path)") }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// Starts from a manifest that was read: what it does not name goes.
    func adopt(_ names: Set<String>, nextFile: Int64) throws {
        named = names
        self.nextFile = nextFile
        for name in try runNames() where !names.contains(name) { unlink(path(of: name)) }
        unlink(path(of: Self.manifestDraftName))
    }

    private func runNames() throws -> [String] {
        guard let directory = opendir(path) else { throw RecountError.files("cannot list \(path)") }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(Self.suffix) { names.append(name) }
        }
        return names
    }

    /// Makes a manifest the one that counts: the runs that it names are on disk before it, and those that it names no more
    /// go after it.
    func replaceManifest(_ bytes: [UInt8], naming names: Set<String>) throws {
        for name in unsynced.intersection(names) {
            try sync(path(of: name))
            unsynced.remove(name)
        }
        let draft = path(of: Self.manifestDraftName)
        let descriptor = Glibc.open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw RecountError.files("cannot create \(draft)") }
        defer { Glibc.close(descriptor) }
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + done, bytes.count - done) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw RecountError.files("cannot write \(draft)") }
            done += written
        }
        guard fsync(descriptor) == 0 else { throw RecountError.files("cannot write \(draft) to disk") }
        guard rename(draft, path(of: Self.manifestName)) == 0 else {
            throw RecountError.files("cannot rename \(draft)")
        }
        named.formUnion(names)
        try sync(path)
        for name in discarded.subtracting(names) {
            unlink(path(of: name))
            discarded.remove(name)
        }
        named = names
    }

    private func sync(_ path: String) throws {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw RecountError.files("cannot open \(path)") }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw RecountError.files("cannot write \(path) to disk") }
    }
}
