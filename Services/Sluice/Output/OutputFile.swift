import Glibc

/// A file that a command writes: aside and renamed, so that nobody reads half of it.
enum OutputFile {
    /// - Throws: `CommandFailure` (.dependency) naming the file.
    static func write(_ text: String, to path: String) throws {
        let aside = path + ".partial"
        guard let file = fopen(aside, "we") else { throw failure("write", aside) }
        var text = text
        let isWritten = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
        guard fclose(file) == 0, isWritten, rename(aside, path) == 0 else {
            let failure = failure("write", path)
            unlink(aside)
            throw failure
        }
    }

    private static func failure(_ what: String, _ path: String) -> CommandFailure {
        CommandFailure(.dependency, "cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
