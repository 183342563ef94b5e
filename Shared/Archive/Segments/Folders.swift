import Glibc

/// Folders, made and changed so that the change survives a loss of power.
enum Folders {
    /// Makes a folder whose parent is there; does nothing where it is there itself.
    static func make(_ path: String, in parent: String) throws(ArchiveError) {
        if mkdir(path, 0o755) == 0 { return try synchronize(parent) }
        guard errno == EEXIST else { throw FileFailure.now("make the folder", path) }
        guard isFolder(path) else { throw ArchiveError(.fileSystem, "it is there, and it is no folder", path: path) }
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Returns once the folder's entries are on the disk.
    static func synchronize(_ path: String) throws(ArchiveError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure.now("open the folder", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure.now("make durable", path) }
    }

    /// The names in a folder, sorted, without "." and "..". Nil where there is no such folder.
    static func names(in path: String) throws(ArchiveError) -> [String]? {
        guard let stream = opendir(path) else {
            if errno == ENOENT { return nil }
            throw FileFailure.now("open the folder", path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw FileFailure.now("list the folder", path) }
        return names.sorted()
    }

    /// Gives a file its name, unless there is one of this name. Renaming alone would replace that one, and the call that
    /// does not is not to be had on every file system; a second name is.
    static func publish(_ aside: String, as path: String, in folder: String) throws(ArchiveError) {
        guard link(aside, path) == 0 else {
            if errno == EEXIST {
                throw ArchiveError(
                    .alreadyThere, "there is a segment of this name already, and segments are never replaced",
                    path: path
                )
            }
            throw FileFailure.now("give the finished segment its name", path)
        }
        guard unlink(aside) == 0 else { throw FileFailure.now("take away the name that was written under", aside) }
        try synchronize(folder)
    }
}
