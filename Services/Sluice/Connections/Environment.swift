import Glibc

/// The environment of the process, as options fall back to it.
enum Environment {
    /// A variable's value; nil where it is not set or empty.
    static func value(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// What a file holds that keeps one secret: its text without the line end behind it.
    ///
    /// - Throws: `CommandFailure` (.usage) naming the file.
    static func secret(inFile path: String) throws -> String {
        guard let file = fopen(path, "re") else {
            throw CommandFailure(.usage, "cannot read the secret file \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        guard count < bytes.count else { throw CommandFailure(.usage, "the secret file \(path) is too large") }
        var text = bytes[..<count]
        while let last = text.last, last == 0x0A || last == 0x0D { text.removeLast() }
        guard !text.isEmpty, !text.contains(0), let secret = String(validating: text, as: UTF8.self) else {
            throw CommandFailure(.usage, "the secret file \(path) is empty, or not UTF-8 text")
        }
        return secret
    }
}
