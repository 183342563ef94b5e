import Glibc

/// A small regular file read whole: configuration and secrets. Anything else (a folder, a pipe that would block, a
/// file over the limit) is an error.
struct BoundedFile {
    var bytes: [UInt8]
    /// True when users outside owner and group may read it.
    var isReadableByOthers: Bool

    /// Reads the file.
    /// - Throws: A ``RuntimeError`` with the given code that names what the file is for, its path and the reason.
    init(path: String, what: String, limit: Int, code: RuntimeError.Code) throws {
        func failure(_ reason: String) -> RuntimeError {
            RuntimeError(code, "\(what) \(path) cannot be read: \(reason)", context: ["path": path])
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw failure("it is not a regular file") }
        guard status.st_size <= limit else {
            throw failure("it has \(status.st_size) bytes, at most \(limit) are read")
        }
        isReadableByOthers = status.st_mode & S_IROTH != 0
        bytes = []
        var buffer = [UInt8](repeating: 0, count: limit + 1)
        while bytes.count <= limit {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(String(cString: strerror(errno)))
            }
            if count == 0 { return }
            bytes.append(contentsOf: buffer[..<count])
        }
        throw failure("it grew over \(limit) bytes while it was read")
    }
}
