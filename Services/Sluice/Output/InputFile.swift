import Glibc

/// A file that a command reads whole.
enum InputFile {
    /// - Parameter limit: more bytes than this are refused.
    /// - Throws: `CommandFailure` (.usage) naming the file.
    static func text(of path: String, limit: Int) throws -> String {
        guard let file = fopen(path, "re") else {
            throw CommandFailure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&portion, 1, portion.count, file)
            guard count > 0 else { break }
            bytes.append(contentsOf: portion[..<count])
            guard bytes.count <= limit else {
                throw CommandFailure(.usage, "\(path) has more than \(limit) bytes, which is more than is read")
            }
        }
        guard ferror(file) == 0 else { throw CommandFailure(.dependency, "cannot read \(path) to its end") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.usage, "\(path) is not UTF-8 text")
        }
        return text
    }
}
