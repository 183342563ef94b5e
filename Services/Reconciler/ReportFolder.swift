import Glibc
import Reconciliation

/// The folder that reports are written to: one page and one JSON for each comparison, and the newest as `latest`.
struct ReportFolder {
    let path: String
    let retentionMilliseconds: Int64

    /// Writes a report aside and renames it, so that a reader never sees half of one; removes those that are too old.
    /// - Parameter name: of the comparison: `hour-2026-11-28T10`, `full-2026-11-28T10-15-00`.
    func write(_ report: ReconciliationReport, as name: String, nowMilliseconds: Int64) throws {
        for (format, ending) in [(ReportFormat.html, "html"), (.json, "json")] {
            let text = try report.rendered(as: format)
            try write(text, to: "\(name).\(ending)")
            try write(text, to: "latest.\(ending)")
        }
        removeOld(nowMilliseconds: nowMilliseconds)
    }

    private func write(_ text: String, to name: String) throws {
        let aside = "\(path)/.\(name).partial"
        guard let file = fopen(aside, "we") else { throw refused("write \(aside)") }
        var text = text
        let isWritten = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, file) == $0.count }
        guard fclose(file) == 0, isWritten, rename(aside, "\(path)/\(name)") == 0 else {
            throw refused("write \(path)/\(name)")
        }
    }

    private func refused(_ what: String) -> ReconciliationObstacle {
        ReconciliationObstacle("cannot \(what): \(String(cString: strerror(errno)))")
    }

    /// Only what has a name of ours, by when it was written.
    private func removeOld(nowMilliseconds: Int64) {
        guard let folder = opendir(path) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasPrefix("hour-") || name.hasPrefix("full-") else { continue }
            var status = stat()
            guard stat("\(path)/\(name)", &status) == 0 else { continue }
            let age = nowMilliseconds - Int64(status.st_mtim.tv_sec) * 1_000
            if age > retentionMilliseconds { unlink("\(path)/\(name)") }
        }
    }
}
