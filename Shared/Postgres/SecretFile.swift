import Glibc

/// A file that holds one secret, at most 64 KiB.
enum SecretFile {
    private static let maximumBytes = 65_536

    /// The file's text without a line end at its end.
    ///
    /// - Throws: `.invalidArgument` that names the file, never its contents.
    static func read(_ path: String) throws(PostgresError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        var used = 0
        while used < bytes.count {
            let start = used
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress! + start, buffer.count - start)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw unreadable(path, errno)
            }
            if count == 0 { break }
            used += count
        }
        guard used <= maximumBytes else {
            throw PostgresError(.invalidArgument, "The password file \(path) is larger than \(maximumBytes) bytes.")
        }
        while used > 0, bytes[used - 1] == 10 || bytes[used - 1] == 13 { used -= 1 }
        guard used > 0, !bytes[..<used].contains(0), let text = String(validating: bytes[..<used], as: UTF8.self) else {
            throw PostgresError(.invalidArgument, "The password file \(path) is empty, or not UTF-8 text.")
        }
        return text
    }

    private static func unreadable(_ path: String, _ number: Int32) -> PostgresError {
        PostgresError(
            .invalidArgument, "The password file \(path) cannot be read: \(String(cString: strerror(number))).")
    }
}
