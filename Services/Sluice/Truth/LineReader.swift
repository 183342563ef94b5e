import Glibc

/// Reads a text file line by line through a buffer.
final class LineReader {
    let path: String
    /// The number of the line that was read last, from 1.
    private(set) var lineNumber = 0
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var atEnd = false
    private static let chunk = 1 << 18

    /// - Throws: `CommandFailure` (.usage) where the file cannot be opened.
    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// The next line's fields, as tabs divide them; nil at the end.
    func next() throws -> [Substring]? {
        while true {
            if let end = buffer[start...].firstIndex(of: 0x0A) {
                let line = String(decoding: buffer[start..<end], as: UTF8.self)
                start = end + 1
                lineNumber += 1
                return line.split(separator: "\t", omittingEmptySubsequences: false)
            }
            guard !atEnd else {
                // What stands behind the last line end is a line that was cut short.
                guard start == buffer.count else { throw damaged("ends within a line") }
                return nil
            }
            try fill()
        }
    }

    /// An error about the line that was read last.
    func damaged(_ what: String) -> CommandFailure {
        CommandFailure(.usage, "\(path), line \(lineNumber): \(what)")
    }

    private func fill() throws {
        buffer.removeSubrange(0..<start)
        start = 0
        let old = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.chunk))
        var count: Int
        repeat {
            count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + old, Self.chunk) }
        } while count < 0 && errno == EINTR
        guard count >= 0 else {
            throw CommandFailure(.dependency, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        buffer.removeSubrange((old + count)...)
        atEnd = count == 0
    }
}
