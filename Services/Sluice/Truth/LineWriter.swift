import Glibc

/// Writes a text file line by line through a buffer, under a temporary name until it is complete.
final class LineWriter {
    private let path: String
    private let temporaryPath: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private static let bufferLimit = 1 << 18

    /// - Throws: `CommandFailure` (.dependency) where the file cannot be made.
    init(path: String) throws {
        self.path = path
        temporaryPath = path + ".partial"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(temporaryPath, "create") }
        buffer.reserveCapacity(Self.bufferLimit + 4096)
    }

    deinit {
        // Still open: the file was never finished.
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(temporaryPath)
    }

    /// Writes the fields with tabs between them and a line end behind.
    func write(_ fields: [String]) throws {
        for (index, field) in fields.enumerated() {
            if index > 0 { buffer.append(0x09) }
            buffer.append(contentsOf: field.utf8)
        }
        buffer.append(0x0A)
        if buffer.count >= Self.bufferLimit { try flush() }
    }

    /// Writes what is buffered to the disk and gives the file its name.
    func finish() throws {
        try flush()
        let synced = fsync(descriptor) == 0
        let closed = close(descriptor) == 0
        descriptor = -1
        guard synced, closed, rename(temporaryPath, path) == 0 else { throw Self.failure(path, "write") }
    }

    private func flush() throws {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(temporaryPath, "write") }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private static func failure(_ path: String, _ what: String) -> CommandFailure {
        CommandFailure(.dependency, "cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
