import Glibc

extension ReconciliationSession {
    /// Removes a recount that was kept: the next one begins at the log's beginning. Its lock must not be held.
    /// - Throws: `RecountError` (.files) naming what cannot be removed.
    public static func removeKept(in folder: String) throws {
        guard let entries = opendir(folder) else {
            if errno == ENOENT { return }
            throw RecountError(.files, "cannot read \(folder): \(String(cString: strerror(errno)))")
        }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            // Only what a recount writes: the folder may have been named by mistake.
            let isOurs = name.hasSuffix(".run") || name.hasSuffix(".partial") || name == "manifest.json"
            guard isOurs, entry.pointee.d_type == UInt8(DT_REG) else { continue }
            guard unlink("\(folder)/\(name)") == 0 || errno == ENOENT else {
                throw RecountError(.files, "cannot remove \(folder)/\(name): \(String(cString: strerror(errno)))")
            }
        }
    }
}
