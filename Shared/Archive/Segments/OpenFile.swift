import Glibc

/// Owner of a file descriptor, closed with this value. Errors name the path and what was being done.
struct OpenFile: ~Copyable {
    let descriptor: Int32
    let path: String

    init(reading path: String) throws(ArchiveError) {
        try self.init(path, O_RDONLY | O_CLOEXEC, "open")
    }

    /// A file that must not exist yet.
    init(creating path: String) throws(ArchiveError) {
        try self.init(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, "create")
    }

    private init(_ path: String, _ flags: Int32, _ action: String) throws(ArchiveError) {
        let descriptor = open(path, flags, 0o644)
        guard descriptor >= 0 else { throw FileFailure.now(action, path) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func byteCount() throws(ArchiveError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure.now("look at", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ArchiveError(.damaged, "this is no plain file", path: path)
        }
        return Int(status.st_size)
    }

    /// Fills the buffer from a place of the file.
    /// - Throws: `damaged` where the file ends before.
    func read(_ target: UnsafeMutableRawBufferPointer, at place: Int) throws(ArchiveError) {
        var done = 0
        while done < target.count {
            let count = pread(descriptor, target.baseAddress! + done, target.count - done, place + done)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure.now("read", path) }
            guard count > 0 else {
                throw ArchiveError(
                    .damaged, "the file ends at byte \(place + done), within what it must hold", path: path)
            }
            done += count
        }
    }

    /// Writes everything at the end of what was written before.
    func write(_ source: UnsafeRawBufferPointer) throws(ArchiveError) {
        var done = 0
        while done < source.count {
            let count = Glibc.write(descriptor, source.baseAddress! + done, source.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileFailure.now("write to", path) }
            done += count
        }
    }

    /// Writes everything over what stands at a place.
    func write(_ source: UnsafeRawBufferPointer, at place: Int) throws(ArchiveError) {
        var done = 0
        while done < source.count {
            let count = pwrite(descriptor, source.baseAddress! + done, source.count - done, place + done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileFailure.now("write to", path) }
            done += count
        }
    }

    /// Returns once the file's bytes are on the disk.
    func synchronize() throws(ArchiveError) {
        guard fsync(descriptor) == 0 else { throw FileFailure.now("make durable", path) }
    }
}

/// What the system says when it refuses, with what can be done.
enum FileFailure {
    /// From `errno`.
    static func now(_ action: String, _ path: String) -> ArchiveError {
        let code = errno
        var text = "cannot \(action) it: \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT:
            text += "; make room on the file system: nothing is lost while the topic keeps the records"
        case EROFS, EACCES, EPERM: text += "; the archive's folder must be writable by this user to be written to"
        case ENOENT: text += "; was it removed, or is the file system not mounted?"
        default: break
        }
        return ArchiveError(.fileSystem, text, path: path)
    }
}
