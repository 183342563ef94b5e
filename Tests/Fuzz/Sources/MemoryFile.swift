import Glibc

/// A file in memory that parsers of files can open by its path. One for each parser is enough: it is written anew for
/// each execution.
final class MemoryFile: Sendable {
    let path: String
    private let descriptor: Int32

    init(_ name: String) {
        path = MemoryFolder.file(name)
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0, "no file in memory")
    }

    deinit { close(descriptor) }

    func replace(with bytes: UnsafeRawBufferPointer) {
        let count = bytes.isEmpty ? 0 : pwrite(descriptor, bytes.baseAddress, bytes.count, 0)
        precondition(count == bytes.count && ftruncate(descriptor, bytes.count) == 0, "a file in memory has failed")
    }
}

/// A folder in memory of this process; removed when the process ends as it should.
enum MemoryFolder {
    static let path: String = {
        var template = Array("/dev/shm/sluice-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { preconditionFailure("no folder in memory") }
        atexit { MemoryFolder.remove() }
        return String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    static func file(_ name: String) -> String { "\(path)/\(name)" }

    private static func remove() {
        for name in ["configuration.json", "secret", "server.json", "truth", "truth.tsv", "truth.tsv.partial"] {
            unlink(file(name))
        }
        rmdir(path)
    }
}
